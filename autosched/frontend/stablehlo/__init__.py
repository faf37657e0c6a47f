"""StableHLO programs, which JAX exports, as graphs."""
