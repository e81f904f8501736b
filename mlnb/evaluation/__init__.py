"""Stage 5, evaluation: how good a model is on data it has not seen, overall and where it is worst."""
