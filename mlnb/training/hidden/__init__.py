"""Hidden state: which cells a run follows from, and whether the notebook says so."""
