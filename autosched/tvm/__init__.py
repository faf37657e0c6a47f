"""The names that scripts for TVM 0.18's TE use, as thin wrappers.

Such a script runs once its import lines are changed:

    import autosched.tvm as tvm
    from autosched.tvm import te

A name that is not offered raises `NotOfferedError`. One difference shows: loop variables and
sizes are int64 here and int32 in TVM, so that combining one with an int32 gives an int64;
`.astype("int32")` converts it.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from autosched import __version__
from autosched.ir.build import const
from autosched.tvm import (
    arith,
    contrib,
    driver,
    error,
    ir,
    nd,
    runtime,
    target,
    te,
    testing,
    tir,
    topi,
    transform,
)
from autosched.tvm.absent import absent
from autosched.tvm.device import Device, cpu, device
from autosched.tvm.emulation import emulate_gpu
from autosched.tvm.error import TVMError
from autosched.tvm.functions import get_global_func, register_func
from autosched.tvm.lowered import IRModule, lower
from autosched.tvm.module import build
from autosched.tvm.runtime import convert

__all__ = [
    "Device", "IRModule", "TVMError", "__version__", "arith", "build", "const", "container",
    "context", "contrib", "convert", "cpu", "device", "driver", "emulate_gpu", "error",
    "get_global_func", "ir", "lower", "nd", "register_func", "runtime", "target", "te", "testing",
    "tir", "topi", "transform",
]  # fmt: skip

container = SimpleNamespace(Map=dict, Array=list)
context = device
_ffi = SimpleNamespace(base=SimpleNamespace(TVMError=TVMError))

_ABSENT = absent(
    __name__,
    ("dlight", "instrument", "meta_schedule", "micro", "parser", "relax", "relay", "support"),
)

_OTHER_DEVICES = {
    "cuda", "ext_dev", "gpu", "hexagon", "metal", "opencl", "rocm", "vpi", "vulkan", "webgpu",
}  # fmt: skip
"""Devices that can be named, as in `tvm.cuda(0).exist`, which is False unless it is emulated."""


_ONCE_HERE = {
    te: (
        "abs", "all", "any", "ceil", "comm_reducer", "compute", "create_schedule",
        "decl_tensor_intrin", "div", "exp", "extern", "floor", "floordiv", "floormod", "hybrid",
        "if_then_else", "indexdiv", "indexmod", "log", "max", "min", "placeholder", "popcount",
        "power", "reduce_axis", "round", "scan", "schedule", "sigmoid", "size_var", "sqrt", "sum",
        "tag_scope", "tanh", "tensor", "thread_axis", "trunc", "truncdiv", "truncmod", "var",
    ),
    tir: (
        "call_extern", "call_llvm_intrin", "call_packed", "call_pure_intrin", "decl_buffer",
        "expr", "ir_builder", "max_value", "min_value", "select", "stmt",
    ),
    transform: ("build_config",),
    runtime: ("ndarray",),
}  # fmt: skip
"""Names that TVM before version 0.7 had in `tvm` itself, by the module that has them now."""

_LATER = {"auto_scheduler", "autotvm", "rpc", "script", "vta"}
"""Modules that are imported on first use."""


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return import_module(f"autosched.tvm.{name}")
    if name in _ABSENT:
        return _ABSENT[name]
    if name in _OTHER_DEVICES:
        return partial(device, name)
    for module, names in _ONCE_HERE.items():
        if name in names:
            return getattr(module, name)
    raise AttributeError(f"module 'autosched.tvm' has no attribute {name!r}")
