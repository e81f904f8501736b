"""Stage 8: what the data looks like from day to day, how it drifts, and whether the predictions are still right."""
