"""Statements: blocks, conditions, loops, and parallel loops."""
