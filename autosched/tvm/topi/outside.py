"""Operators that NumPy computes, because their places or sizes depend on data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autosched.errors import ArgumentError, not_offered
from autosched.ir.build import as_expr
from autosched.ir.stmt import CallExternal
from autosched.runtime import registry
from autosched.te.extern import extern
from autosched.te.tensor import Tensor

Kind = tuple[Sequence[Any], Any]
"""The shape and dtype of an output."""


def outside(function: Callable[..., Any]) -> Callable[..., list[Tensor]]:
    """Return a function that makes the tensors which `function` computes.

    It takes the tensors whose arrays `function` gets, the `Kind` of each array that `function`
    returns, and numbers, which `function` gets after the arrays. An array that is returned may
    be smaller than its tensor: it fills the first places of every axis, and the rest are 0.
    """
    name, shown = f"{function.__module__}.{function.__qualname__}", function.__name__.strip("_")

    def stored(inputs: int, outputs: int, *given: Any) -> None:
        arrays, numbers = given[: inputs + outputs], given[inputs + outputs :]
        try:
            found = function(*arrays[:inputs], *numbers)
        except IndexError as error:
            raise ArgumentError(f"expected places inside of tensors for {shown}: {error}") from None
        several = found if isinstance(found, (list, tuple)) else [found]
        for out, values in zip(arrays[inputs:], several, strict=True):
            _fill(out, values, shown)

    def made(inputs: Sequence[Tensor], outputs: Sequence[Kind], *numbers: Any) -> list[Tensor]:
        if any(tensor.dtype.kind == "bfloat" for tensor in inputs):
            raise not_offered(f"{shown} of bfloat16", 'convert with astype("float32") before it')
        counts = as_expr(len(inputs)), as_expr(len(outputs))
        given = [as_expr(int(n) if isinstance(n, bool | np.bool_) else n) for n in numbers]
        found = extern(
            [tuple(shape) for shape, _ in outputs],
            inputs,
            lambda ins, outs: CallExternal(name, (*counts, *ins, *outs, *given)),
            name=f"T_{shown}",
            dtype=[dtype for _, dtype in outputs],
        )
        return list(found) if isinstance(found, list) else [found]

    registry.register(name, stored, override=True)
    return made


def _fill(out: np.ndarray, values: np.ndarray, operator: str) -> None:
    if any(want > have for want, have in zip(values.shape, out.shape, strict=True)):
        raise ArgumentError(
            f"expected at least the extents {values.shape} of an output of {operator}, got "
            f"{out.shape}"
        )
    if out.shape != values.shape:
        out[...] = 0
    out[tuple(map(slice, values.shape))] = values
