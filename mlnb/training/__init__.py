"""Stage 4, training: runs that record themselves, and the scoring that every later stage shares."""
