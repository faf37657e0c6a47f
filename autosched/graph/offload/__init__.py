"""Decides which part of a network an accelerator computes, and puts that into blocks."""
