"""Emits LLVM modules for loop nests, in layers whose imports run one way."""
