"""Columns that give the target away: each module looks for one kind of trace, the gate gives the verdict."""
