"""Model cards: what is on record of the model of a run, each fact with its hash, and whether it still holds."""
