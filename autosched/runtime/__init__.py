"""Calling compiled kernels: arrays in and out, threads. Imports nothing of the compiler."""
