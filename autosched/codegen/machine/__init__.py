"""LLVM text to machine code: LLVM's passes, code in this process, object files."""
