"""The part of `tvm.script.ir` that stands in scripts."""

from __future__ import annotations

from autosched.tvm.script.tir import Script


def ir_module(module: type) -> Script:
    """Take a class of functions in TVMScript."""
    return Script(module.__name__)
