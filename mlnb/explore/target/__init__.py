"""What the columns tell of the target: associations, slices, whether more rows would help."""
