"""Stage 1, scope: what a model is for, how good it has to be and who signs; the gates of later stages read it."""
