"""Measuring: one candidate in, one outcome out, in processes that may die of it."""
