"""Loop nests to LLVM IR (`emit`), and that to machine code in this process (`compile`)."""
