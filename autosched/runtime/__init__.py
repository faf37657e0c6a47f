"""Calling compiled kernels: arrays in and out. Imports nothing of the compiler."""
