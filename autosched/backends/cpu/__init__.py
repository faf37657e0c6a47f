"""The CPU as a target: kernels of machine code, timed in workers of this machine."""
