"""What the names of a script mean where it runs with arrays."""

from autosched.te.hybrid import RUNTIME as HYBRID_GLOBALS

__all__ = ["HYBRID_GLOBALS"]
