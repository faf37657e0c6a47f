"""The types of parameters of native functions: 64-bit integers, and arrays of integers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any, get_type_hints

import numpy as np

from autosched.errors import CodegenError

Int64s = np.ndarray[Any, np.dtype[np.int64]]
Int32s = np.ndarray[Any, np.dtype[np.int32]]
Int16s = np.ndarray[Any, np.dtype[np.int16]]
Int8s = np.ndarray[Any, np.dtype[np.int8]]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True, slots=True)
class Array:
    """An array parameter: the LLVM type of its elements, and how it is extended to 64 bits."""

    dtype: np.dtype[Any]
    element: str
    extend: str


_ARRAYS: dict[Any, Array] = {
    Int64s: Array(np.dtype(np.int64), "i64", ""),
    Int32s: Array(np.dtype(np.int32), "i32", "sext"),
    Int16s: Array(np.dtype(np.int16), "i16", "sext"),
    Int8s: Array(np.dtype(np.int8), "i8", "sext"),
    Bytes: Array(np.dtype(np.uint8), "i8", "zext"),
}

Kind = Array | None
"""The kind of a parameter: an array, or None for an integer."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The parameters of a function by name, and whether it returns an integer."""

    params: dict[str, Kind]
    returns: bool

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Shape:
        """Return the shape that the annotations describe; all are required."""
        hints = get_type_hints(function)
        params = {
            name: _kind(hints.get(name), f"{function.__name__}({name})")
            for name in inspect.signature(function).parameters
        }
        return cls(params, hints.get("return") is int)

    @property
    def result(self) -> str:
        """The LLVM type of the result."""
        return "i64" if self.returns else "void"

    def arguments(self) -> list[str]:
        """Return the parameters as LLVM text."""
        return [f"{llvm_type(kind)} %{name}" for name, kind in self.params.items()]


class Callee:
    """A function that native code can call, as a Python function declares it."""

    def __init__(self, python: Callable[..., Any], name: str):
        assert isinstance(python, FunctionType), "only a function written in Python has a text"
        self.python = python
        self.name = name
        self.shape = Shape.of(python)


def llvm_type(kind: Kind) -> str:
    """Return the LLVM type of a parameter."""
    return "ptr" if kind else "i64"


def _kind(hint: Any, name: str) -> Kind:
    if hint is int:
        return None
    if hint not in _ARRAYS:
        raise CodegenError(f"expected {name} to be int or an array of integers, got {hint}")
    return _ARRAYS[hint]
