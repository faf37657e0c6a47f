"""Functions of statements as tensors, by the names of `tvm.te.hybrid`."""

from autosched.te.hybrid import script
from autosched.tvm.te.hybrid import runtime
from autosched.tvm.te.hybrid.module import HybridModule, build

__all__ = ["HybridModule", "build", "runtime", "script"]
