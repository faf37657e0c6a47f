"""Spaces: the sketches that rules derive from a tensor expression."""
