"""What answers questions about the rows behind an output: the frames kept, their conditions, bins and values."""
