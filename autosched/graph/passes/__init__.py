"""Passes: a bound graph to another that computes the same, a file each."""
