"""Loop nests: nodes, folding constructors, walks, rewriting, printer, verifier, interpreter."""

from autosched.ir import expr as expr  # first: the nodes and their constructors need each other
