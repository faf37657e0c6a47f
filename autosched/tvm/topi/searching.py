"""Places of values in tensors: distinct ones, nonzero ones, and those among sorted ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from autosched import te
from autosched.te.tensor import Tensor
from autosched.tvm.topi.outside import outside

Array = np.ndarray


def argwhere(output_shape: Tensor, condition: Tensor) -> Tensor:
    """The places of the elements that are not 0, a row for each; `output_shape` has their shape.

    Rows beyond their number are 0.
    """
    return _argwhere([condition], [(output_shape.shape, "int32")])[0]


def searchsorted(
    sorted_sequence: Tensor, values: Tensor, right: bool = False, out_dtype: str = "int64"
) -> Tensor:
    """The places along the last axis where `values` keep a sequence sorted.

    Before equal elements, or with `right` after them. A sequence of one axis serves all rows of
    `values`.
    """
    inputs = [sorted_sequence, values]
    return _searchsorted(inputs, [(values.shape, out_dtype)], right)[0]


def unique(data: Tensor, is_sorted: bool = True, return_counts: bool = False) -> list[Tensor]:
    """The distinct elements of a vector, and in int32 their first places, the number of each
    element among them, and how many they are; with `return_counts` how often each occurs.

    They are sorted, or in the order of their first places. Unused elements at the end are 0.
    """
    places, one = (data.shape, "int32"), ((te.const(1, "int64"),), "int32")
    kinds: list[Any] = [(data.shape, data.dtype), places, places, one]
    return _unique([data], [*kinds, places] if return_counts else kinds, is_sorted, return_counts)


@outside
def _argwhere(condition: Array) -> Array:
    return np.argwhere(condition)


@outside
def _searchsorted(sequence: Array, values: Array, right: int) -> Array:
    side: Any = "right" if right else "left"
    rows = values.reshape(-1, values.shape[-1])
    each = np.broadcast_to(sequence, (*values.shape[:-1], sequence.shape[-1]))
    sequences = each.reshape(-1, sequence.shape[-1])
    found = [np.searchsorted(s, v, side) for s, v in zip(sequences, rows, strict=True)]
    return np.reshape(found, values.shape)


@outside
def _unique(data: Array, is_sorted: int, return_counts: int) -> list[Array]:
    values, first, inverse, counts = np.unique(
        data, return_index=True, return_inverse=True, return_counts=True
    )
    if not is_sorted:
        order = np.argsort(first)
        values, first, counts = values[order], first[order], counts[order]
        inverse = np.argsort(order)[inverse]
    found = [values, first, inverse, np.array([len(values)])]
    return [*found, counts] if return_counts else found
