"""Explore: what a table holds, what is wrong with it, what predicts the target (stage 2)."""

from __future__ import annotations
