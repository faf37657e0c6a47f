"""A target for tests: the interpreter of loops; a time is the number of iterations.

It is all that a third target takes, a folder and an entry in the table of kinds.
"""

from autosched.backends.kinds import Kind

ENTRY = Kind("tests.backends.interpreter.backend:InterpreterBackend", "interpreter", ("nest",))
