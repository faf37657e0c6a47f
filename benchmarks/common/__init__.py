"""What the benchmarks share: cases, options, the machine's state, tables and JSON."""
