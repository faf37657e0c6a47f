"""Native functions: Python functions of integers that run as machine code.

They are for programs that handle one small integer after the other, which NumPy cannot do at once
and for which Python takes a microsecond a step. The Python function is kept as `.python`, so that
tests can run both.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from autosched.codegen.machine.module import compile_quickly
from autosched.codegen.native.translate import Translation, translate
from autosched.codegen.native.types import Callee
from autosched.errors import CodegenError
from autosched.target.target import Target


class External(Callee):
    """A function that Python only declares; its callers provide the LLVM text."""

    def __init__(self, python: Callable[..., Any]):
        super().__init__(python, python.__name__)

    def __call__(self, *args: Any) -> Any:
        raise CodegenError(f"expected native code to call {self.name}, got a call from Python")


class Native(Callee):
    """A function of integers and arrays of integers, compiled when it is first called.

    It may contain assignments, `if`, `while`, `for` over `range`, arithmetic and comparisons of
    64-bit integers, elements of its arrays, `min` and `max`, constants of its module, and calls of
    other native functions. Integers wrap, indices and divisors are not checked, and shifts must be
    by less than 64 bits.
    """

    def __init__(self, python: Callable[..., Any]):
        super().__init__(python, f"{python.__module__}.{python.__qualname__}")

    def __call__(self, *args: Any) -> int:
        return self._compiled(*args)

    def linked(self, text: str) -> Compiled:
        """Return the function compiled with the LLVM text of the external ones that it calls."""
        return Compiled(self, text)

    @cached_property
    def translation(self) -> Translation:
        """The LLVM text, and the functions that it calls."""
        return translate(self.python, self.name, self.shape)

    @cached_property
    def _compiled(self) -> Compiled:
        return Compiled(self)


class Compiled:
    """The machine code of a native function and of all functions that it calls."""

    def __init__(self, function: Native, text: str = ""):
        self._shape = function.shape
        self._module = compile_quickly(linked_text([function], text), Target.host())
        kinds = [
            ctypes.c_void_p if kind else ctypes.c_int64 for kind in self._shape.params.values()
        ]
        result = ctypes.c_int64 if self._shape.returns else None
        self._call = ctypes.CFUNCTYPE(result, *kinds)(self._module.address(function.name))
        self._kinds = list(self._shape.params.items())

    def __call__(self, *args: Any) -> int:
        """Call it. Raises CodegenError for an array of another type, or one with gaps."""
        passed = []
        for arg, (name, kind) in zip(args, self._kinds, strict=True):
            if kind is None:
                passed.append(arg)
            elif arg.dtype == kind.dtype and arg.flags.c_contiguous:
                passed.append(arg.ctypes.data)
            else:
                raise CodegenError(
                    f"expected {name} to be a contiguous array of {kind.dtype}, got "
                    f"{arg.dtype} with strides {arg.strides}",
                    hint="np.ascontiguousarray(array, dtype) makes one",
                )
        result = self._call(*passed)
        return 0 if result is None else int(result)


native = Native
"""Makes a Python function a native function."""

external = External
"""Declares a function whose LLVM text is passed to `Native.linked`."""


def linked_text(functions: Sequence[Native], text: str = "") -> str:
    """Return LLVM text with public `functions`, all that they call, and `text`."""
    found: dict[str, Native] = {}
    for function in functions:
        _collect(function, found)
    for caller in found.values():
        for callee in caller.translation.calls:
            if isinstance(callee, External) and f"@{callee.name}(" not in text:
                raise CodegenError(
                    f"expected the LLVM text of {callee.name}, which {caller.name} calls, got none",
                    hint="pass it to linked(text)",
                )
    parts = [text]
    for part in found.values():
        parts.append(part.translation.text("" if part in functions else "internal "))
    return "\n".join(parts)


def _collect(function: Native, found: dict[str, Native]) -> None:
    if function.name in found:
        return
    found[function.name] = function
    for callee in function.translation.calls:
        if isinstance(callee, Native):
            _collect(callee, found)
