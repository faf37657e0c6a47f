"""Candidates that fail in every known way, and the outcome that each must have.

    python -m tests.measure.faults [NAME ...]

runs all of them, or those named, each followed by a good candidate, and prints the outcomes and
what is wrong with them. The test beside this folder runs the fast ones.
"""
