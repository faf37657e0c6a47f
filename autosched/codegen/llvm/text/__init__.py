"""Writes LLVM text: types, instructions, bodies of functions, modules."""
