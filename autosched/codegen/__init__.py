"""Loop nests to machine code."""
