"""Updates of tensors at places that data give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autosched import te
from autosched.errors import ExpressionError
from autosched.te.tensor import Tensor
from autosched.tvm.topi.outside import outside
from autosched.tvm.topi.utils import get_const_int, normalized

Array = np.ndarray
_MODES: tuple[tuple[str, Callable[..., Any] | None], ...] = (
    ("update", None), ("add", np.add), ("mul", np.multiply), ("min", np.minimum),
    ("max", np.maximum), ("mean", None),
)  # fmt: skip
"""How an update is combined with the element at its place. A call has the number of a mode."""


def scatter_nd(data: Tensor, indices: Tensor, updates: Tensor, mode: str = "update") -> Tensor:
    """`data` with slices combined with `updates`, at places along the first axis of `indices`.

    `mode` is update, add, mul, min or max.
    """
    inputs = [data, indices, updates]
    return _scatter_nd(inputs, [(data.shape, data.dtype)], _number(mode, "scatter_nd"))[0]


def scatter_elements(
    data: Tensor, indices: Tensor, updates: Tensor, axis: int = 0, reduction: str = "update"
) -> Tensor:
    """`data` with elements combined with `updates`, at places along `axis` in `indices`.

    `reduction` is update, add, mul, min, max, or mean: that of the element and its updates.
    """
    at = normalized(get_const_int(axis), data.ndim, "scatter_elements")
    inputs, kind = [data, indices, updates], (data.shape, data.dtype)
    return _scatter_elements(inputs, [kind], at, _number(reduction, "scatter_elements"))[0]


def scatter(data: Tensor, indices: Tensor, updates: Tensor, axis: int = 0) -> Tensor:
    """`data` with elements replaced by `updates`, at places along `axis` in `indices`."""
    return scatter_elements(data, indices, updates, axis)


def scatter_add(data: Tensor, indices: Tensor, updates: Tensor, axis: int = 0) -> Tensor:
    """`data` with `updates` added to elements, at places along `axis` in `indices`."""
    return scatter_elements(data, indices, updates, axis, "add")


def sparse_to_dense(
    sparse_indices: Tensor, output_shape: Sequence[Any], sparse_values: Tensor,
    default_value: Any = 0,
) -> Tensor:  # fmt: skip
    """A tensor of `default_value` with `sparse_values` at places, a row of indices for each."""
    if isinstance(default_value, Tensor):
        default = default_value
    else:
        value = te.const(default_value, sparse_values.dtype)
        default = te.compute((), lambda: value, name="default_value")
    inputs = [sparse_indices, sparse_values, default]
    return _sparse_to_dense(inputs, [(output_shape, sparse_values.dtype)], *output_shape)[0]


def invert_permutation(data: Tensor) -> Tensor:
    """The place of each number in `data`, which has every number up to its extent once."""
    return _invert_permutation([data], [(data.shape, data.dtype)])[0]


def _number(mode: str, operator: str) -> int:
    names = [name for name, _ in _MODES]
    if mode not in names:
        raise ExpressionError(f"expected one of {', '.join(names)} for {operator}, got {mode!r}")
    return names.index(mode)


@outside
def _scatter_nd(data: Array, indices: Array, updates: Array, mode: int) -> Array:
    return _combined(data, tuple(indices.astype("int64")), updates, mode)


@outside
def _scatter_elements(data: Array, indices: Array, updates: Array, axis: int, mode: int) -> Array:
    places: list[Array] = list(np.indices(indices.shape))
    places[axis] = indices.astype("int64")
    return _combined(data, tuple(places), updates, mode)


def _combined(data: Array, at: tuple[Array, ...], updates: Array, mode: int) -> Array:
    name, combine = _MODES[mode]
    found = data.copy()
    if name == "mean":
        counts = np.ones(data.shape, "int64")
        np.add.at(found, at, updates)
        np.add.at(counts, at, 1)
        return found // counts if data.dtype.kind in "iu" else found / counts.astype(data.dtype)
    if combine is None:
        found[at] = updates
    else:
        combine.at(found, at, updates)  # type: ignore[attr-defined]
    return found


@outside
def _sparse_to_dense(indices: Array, values: Array, default: Array, *shape: int) -> Array:
    found = np.full(shape, default, values.dtype)
    rows = indices.reshape(-1, 1) if indices.ndim < 2 else indices
    found[tuple(rows.T.astype("int64"))] = values
    return found


@outside
def _invert_permutation(data: Array) -> Array:
    found = np.empty_like(data)
    found[data] = np.arange(len(data))
    return found
