"""Verdicts: the facts that gates of a scope card read, and thresholds as MLflow means them."""
