"""Kernels in steps: compiled functions, and calls of functions outside, one after the other."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from autosched.errors import not_offered
from autosched.runtime.call import Result, allocate, check_call
from autosched.runtime.kernel import Kernel
from autosched.runtime.registry import of_c, of_python
from autosched.runtime.signature import Param, Signature
from autosched.runtime.sizes import concrete

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Compiled:
    """A compiled part, called with the arrays of these names."""

    kernel: Kernel
    names: tuple[str, ...]

    def run(self, arrays: Arrays, sizes: Mapping[str, int]) -> None:
        self.kernel(*(arrays[name] for name in self.names), sizes=sizes)


@dataclass(frozen=True)
class Scalar:
    """A number that a function outside gets, as text of sizes or as it is."""

    value: int | float | str
    is_float: bool

    def of(self, sizes: Mapping[str, int]) -> int | float:
        return concrete((self.value,), sizes)[0] if isinstance(self.value, str) else self.value


@dataclass(frozen=True)
class Outside:
    """A call of a function outside; `args` are names of arrays and scalars."""

    function: str
    language: str
    args: tuple[str | Scalar, ...]

    def run(self, arrays: Arrays, sizes: Mapping[str, int]) -> None:
        if self.language == "python":
            of_python(self.function)(
                *(arrays[a] if isinstance(a, str) else a.of(sizes) for a in self.args)
            )
            return
        function: Callable[..., Any] = of_c(self.function)
        function(*(self._c_value(arg, arrays, sizes) for arg in self.args))

    def _c_value(self, arg: str | Scalar, arrays: Arrays, sizes: Mapping[str, int]) -> Any:
        if isinstance(arg, str):
            return ctypes.c_void_p(arrays[arg].ctypes.data)
        value = arg.of(sizes)
        return ctypes.c_float(value) if arg.is_float else ctypes.c_int64(int(value))


class StepKernel:
    """A kernel that is called like `Kernel`; between the steps, arrays are in Python's hands."""

    def __init__(
        self,
        signature: Signature,
        between: Sequence[Param],
        steps: Sequence[Compiled | Outside],
        keepalive: object = None,
    ):
        self.signature = signature
        self.keepalive = keepalive
        self.schedule = "given"
        self._between = tuple(between)
        self._steps = tuple(steps)

    @property
    def name(self) -> str:
        return self.signature.name

    def __call__(self, *args: object, sizes: Mapping[str, int] | None = None) -> Result:
        call = check_call(self.signature, args, sizes)
        if not call.is_empty:
            names = (param.name for param in self.signature.params)
            arrays = dict(zip(names, call.arrays, strict=True))
            for param in self._between:
                arrays[param.name] = allocate(param, call.sizes)
            for step in self._steps:
                step.run(arrays, call.sizes)
        return call.result

    def bind(self, **constants: object) -> NoReturn:
        """Raise NotOfferedError: constants are passed at each call."""
        raise not_offered("bind of a kernel in steps", "pass the constants at each call")

    def __repr__(self) -> str:
        return f"<StepKernel {self.name} of {len(self._steps)} steps>"
