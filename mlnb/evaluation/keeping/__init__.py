"""What is kept of an evaluation: rows of the metastore, files of the run, predictions row by row."""
