"""The part of `tvm.script.tir` that stands in scripts: types, and functions that are not read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from autosched.errors import NotOfferedError, name_not_offered, not_offered
from autosched.ir.build import const
from autosched.ir.dtype import DType, dtype
from autosched.ir.expr import Expr
from autosched.te.construct import var


class Script:
    """A function or a module in TVMScript, whose every use raises NotOfferedError."""

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise self.refusal()

    def __getitem__(self, name: object) -> NoReturn:
        raise self.refusal()

    def __call__(self, *args: object) -> NoReturn:
        raise self.refusal()

    def refusal(self) -> NotOfferedError:
        """Return the error of every use."""
        return not_offered(
            f"the TVMScript {self._name}", "te.compute, te.extern or te.hybrid say what to compute"
        )


def prim_func(function: Callable[..., Any], **options: object) -> Script:
    """Take a function in TVMScript."""
    return Script(function.__name__)


class handle:
    """The type of a pointer, in the signatures of such functions."""

    def __init__(self, dtype: str = "void"):
        self.dtype = dtype


class Buffer:
    """The type of a buffer, in the signatures of such functions."""

    def __init__(self, shape: Any, dtype: str = "float32", **options: object):
        self.shape = shape
        self.dtype = dtype


def _values(kind: DType) -> Callable[..., Expr]:
    """Return the function that makes a constant of a dtype, and without a value a variable."""
    return lambda value=None: var("v", kind) if value is None else const(value, kind)


bool = _values(dtype("bool"))
int8, int16, int32, int64 = (_values(dtype(f"int{bits}")) for bits in (8, 16, 32, 64))
uint8, uint16, uint32, uint64 = (_values(dtype(f"uint{bits}")) for bits in (8, 16, 32, 64))
float16, float32, float64 = (_values(dtype(f"float{bits}")) for bits in (16, 32, 64))


def __getattr__(name: str) -> NoReturn:
    if name.startswith("__"):
        raise AttributeError(name)
    raise name_not_offered(f"tvm.script.tir.{name}")
