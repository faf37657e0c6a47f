"""Functions of Python that compiled code calls, with parts of arrays and numbers.

Code cannot be left by an exception: the first one is kept, further calls do nothing, and the
kernel's caller raises it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from autosched.runtime.registry import of_python


@dataclass(frozen=True)
class Part:
    """An argument that is a part of an array: the NumPy dtype of its elements, its dimensions.

    Code passes its address, then the extents, then the strides in elements.
    """

    dtype: str
    rank: int

    def read(self, words: Iterator[Any]) -> np.ndarray:
        address, *rest = (next(words) for _ in range(1 + 2 * self.rank))
        extents, strides = rest[: self.rank], rest[self.rank :]
        kind = np.dtype(self.dtype)
        spans = (extent - 1 for extent in extents)
        elements = 1 + sum(n * stride for n, stride in zip(spans, strides, strict=True))
        memory = (ctypes.c_char * (elements * kind.itemsize)).from_address(address)
        steps = [stride * kind.itemsize for stride in strides]
        return np.ndarray(extents, kind, memory, strides=steps)


Given = tuple[Part | type, ...]
"""The arguments of a function: parts of arrays, `int` and `float`."""

_known: dict[tuple[str, Given], tuple[int, object]] = {}
_raised: list[BaseException] = []


def address_of(function: str, given: Given) -> int:
    """Return the address of a C function that calls the registered function with these arguments.

    It exists until the process ends.
    """
    key = function, given
    if key not in _known:
        kinds: list[Any] = []
        for each in given:
            if isinstance(each, Part):
                kinds += [ctypes.c_void_p, *[ctypes.c_int64] * (2 * each.rank)]
            else:
                kinds.append(ctypes.c_double if each is float else ctypes.c_int64)
        thunk = ctypes.CFUNCTYPE(None, *kinds)(_caller(function, given))
        address = ctypes.cast(thunk, ctypes.c_void_p).value
        assert address is not None
        _known[key] = address, thunk
    return _known[key][0]


def _caller(function: str, given: Given) -> Callable[..., None]:
    def call(*words: Any) -> None:
        if _raised:
            return
        rest = iter(words)
        try:
            arguments = [
                each.read(rest) if isinstance(each, Part) else next(rest) for each in given
            ]
            of_python(function)(*arguments)
        except BaseException as error:  # nothing may pass through the code
            _raised.append(error)

    return call


@contextmanager
def raising() -> Iterator[None]:
    """Raise at the end what a function of Python raised."""
    _raised.clear()
    yield
    if _raised:
        raise _raised.pop()
