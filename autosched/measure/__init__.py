"""Measuring: one candidate in, one outcome out.

A candidate runs in a worker process, so that a crash does not end the search.
"""
