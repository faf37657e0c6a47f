"""Whole networks: graphs of operators on tensors, their text, their meaning, their passes."""
