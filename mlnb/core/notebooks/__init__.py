"""Notebook files, and the driver that runs one in a fresh kernel: what jobs, runs in the background and replays share."""
