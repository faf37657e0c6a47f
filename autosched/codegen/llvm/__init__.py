"""Loop nests to the text of LLVM modules (`emit`), in floors whose imports run one way."""
