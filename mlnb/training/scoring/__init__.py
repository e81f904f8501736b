"""Pure functions on arrays: metrics, their intervals, slices and curves.

They live in training because everything from training to monitoring scores models, and a metric has one definition.
"""
