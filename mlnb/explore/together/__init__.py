"""Columns beside one another: correlations, and values that are missing in the same rows."""
