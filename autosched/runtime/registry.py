"""Functions that kernels call, by their names."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from autosched.errors import ArgumentError

_registered: dict[str, Callable[..., Any]] = {}


def register(name: str, function: Callable[..., Any], override: bool = False) -> None:
    """Let kernels call `function` with arrays and numbers by `name`.

    Raises ArgumentError if the name is taken and `override` is False.
    """
    if name in _registered and not override:
        raise ArgumentError(
            f"expected a name for a function that is not taken, got {name}",
            hint="give override=True to replace it",
        )
    _registered[name] = function


def registered(name: str) -> Callable[..., Any] | None:
    """Return the function with a name, or None."""
    return _registered.get(name)


def of_python(name: str) -> Callable[..., Any]:
    """Return the registered function with a name. Raises ArgumentError."""
    function = registered(name)
    if function is None:
        raise ArgumentError(f"expected a registered function, got {name}")
    return function


def scalar_of_c(name: str, dtypes: tuple[str, ...], result: str) -> Callable[..., Any]:
    """Return the C function of this process with a name, over numbers of NumPy dtypes."""
    function = of_c(name)
    kinds = [np.ctypeslib.as_ctypes_type(np.dtype(each)) for each in (result, *dtypes)]
    address = ctypes.cast(cast(Any, function), ctypes.c_void_p).value
    assert address is not None
    return ctypes.CFUNCTYPE(*kinds)(address)


def of_c(name: str) -> Callable[..., Any]:
    """Return the C function of this process with a name. Raises ArgumentError."""
    try:
        return ctypes.CDLL(None)[name]
    except AttributeError:
        raise ArgumentError(
            f"expected a C function of this process, got {name}",
            hint="load its library with ctypes.CDLL(path, ctypes.RTLD_GLOBAL)",
        ) from None
