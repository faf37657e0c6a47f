"""Calls compiled kernels with arrays. It imports nothing of the compiler."""
