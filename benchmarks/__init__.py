"""What is timed, and against whom. Run from the root: `python -m benchmarks.kernels --help`."""
