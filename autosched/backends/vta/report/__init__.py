"""Reports of the accelerator: its cycles, where they go, its runs."""
