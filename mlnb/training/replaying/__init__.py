"""Runs are made again, in a clean process, and held against what was recorded."""
