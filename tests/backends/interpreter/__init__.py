"""A target of the tests: the loop interpreter, on which the iterations of loops are the time.

It is all that a third target takes, a folder and an entry in the table of kinds.
"""

from autosched.backends.kinds import Kind

ENTRY = Kind("tests.backends.interpreter.backend:InterpreterBackend", "interpreter", ("nest",))
