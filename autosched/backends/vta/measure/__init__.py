"""Measuring on the cycle model of the accelerator."""
