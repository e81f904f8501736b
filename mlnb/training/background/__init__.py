"""Runs in a process of their own, which outlives kernel and Jupyter: planned, handed to the supervisor, driven, ended, followed."""
