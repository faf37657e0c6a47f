"""A loop nest as C source, for reading and for other compilers."""
