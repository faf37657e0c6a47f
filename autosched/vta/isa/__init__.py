"""The instruction set: instructions and micro-ops, their fields and their bytes."""
