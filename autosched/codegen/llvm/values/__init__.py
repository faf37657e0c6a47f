"""Expressions: arithmetic, conversions, comparisons, choices, lanes."""
