"""Loads, stores, addresses, and where buffers live."""
