"""Functions of Python that kernels call: `register_func` and `get_global_func`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autosched.errors import ArgumentError
from autosched.runtime import registry
from autosched.tvm.device import cpu
from autosched.tvm.nd import NDArray

Function = Callable[..., Any]


def register_func(func_name: Any, f: Function | None = None, override: bool = False) -> Any:
    """Register a function, or decorate one; a kernel calls it with NDArrays and numbers."""
    if callable(func_name):
        func_name, f = func_name.__name__, func_name

    def register(function: Function) -> Function:
        registry.register(func_name, _with_arrays(function), override)
        return function

    return register if f is None else register(f)


def _with_arrays(function: Function) -> Function:
    """Return the function called with NDArrays that share the memory of NumPy arrays."""

    def called(*args: Any) -> Any:
        return function(*(NDArray(a, cpu()) if isinstance(a, np.ndarray) else a for a in args))

    return called


def get_global_func(name: str, allow_missing: bool = False) -> Function | None:
    """Return the registered function with a name; None if there is none and that is allowed."""
    function = registry.registered(name)
    if function is None and not allow_missing:
        raise ArgumentError(f"expected a registered function, got {name}")
    return function
