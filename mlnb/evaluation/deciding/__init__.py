"""Where a score becomes a decision, chosen on predictions that are on record and kept with the model."""
