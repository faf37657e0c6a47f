"""The one writer of LLVM text: types, instructions, bodies of functions, modules."""
