"""Functions over arrays of integers, written in Python and run as machine code."""

from autosched.codegen.native.function import External, Native, external, native
from autosched.codegen.native.types import Bytes, Int8s, Int16s, Int32s, Int64s

__all__ = [
    "Bytes", "External", "Int8s", "Int16s", "Int32s", "Int64s", "Native", "external", "native",
]  # fmt: skip
