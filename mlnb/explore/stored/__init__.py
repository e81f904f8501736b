"""Profiles that are kept: found again, decided upon, made in the background, logged."""
