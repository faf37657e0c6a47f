"""Features of candidates for the accelerator, and estimates of their cycles."""
