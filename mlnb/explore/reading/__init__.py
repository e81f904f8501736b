"""What is explored, opened: rows of frames, tables, files and queries, without those that are held out."""
