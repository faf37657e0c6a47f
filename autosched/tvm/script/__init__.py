"""TVMScript: functions in it may stand in a script, and are refused where they are used."""

from __future__ import annotations

from autosched.tvm.script import ir, tir
from autosched.tvm.script.ir import ir_module
from autosched.tvm.script.tir import prim_func

__all__ = ["ir", "ir_module", "prim_func", "tir"]
