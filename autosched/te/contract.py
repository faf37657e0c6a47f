"""Computes sums of products as matrix products, to evaluate matmuls and convolutions fast."""

from __future__ import annotations

import math

import numpy as np

from autosched.ir import expr as e
from autosched.te.arrays import Array

_EXACT = float(1 << 53)
"""Integers below this are exact in float64."""


def factors(product: e.Expr) -> list[e.Expr]:
    """Return the factors of a product, also those of nested products."""
    found, stack = [], [product]
    while stack:
        node = stack.pop()
        if isinstance(node, e.Mul):
            stack += (node.b, node.a)
        else:
            found.append(node)
    return found


def merged(arrays: list[Array]) -> tuple[Array, Array] | None:
    """Multiply arrays together until two are left, without making any larger.

    Returns None if that is impossible.
    """
    arrays = list(arrays)
    while len(arrays) > 2:
        pair = _nested_pair(arrays)
        if pair is None:
            return None
        small, large = pair
        product = arrays[large] * arrays[small]
        arrays = [array for place, array in enumerate(arrays) if place not in pair] + [product]
    return (arrays[0], arrays[1]) if len(arrays) == 2 else None


def contract(a: Array, b: Array, rank: int, extents: list[int]) -> Array | None:
    """Return the sum of `a * b` over the axes from `rank` on.

    Both have one dimension for each axis, with extent 1 if they do not depend on it. The result
    has `rank` dimensions that broadcast to the first `rank` extents. Returns None if a matrix
    product is not faster or not exact.
    """
    axes = range(len(extents))
    repeats = math.prod(
        extents[axis] for axis in axes[rank:] if a.shape[axis] == 1 and b.shape[axis] == 1
    )
    if a.dtype.kind in "iu":
        return _contract_integers(a, b, rank, extents)
    only_a = tuple(axis for axis in axes[rank:] if b.shape[axis] == 1)
    only_b = tuple(axis for axis in axes[rank:] if a.shape[axis] == 1)
    if (only_a or only_b) and not (np.isfinite(a).all() and np.isfinite(b).all()):
        return None  # 0 * inf + 1 * inf is not (0 + 1) * inf
    a, b = a.sum(axis=only_a, keepdims=True), b.sum(axis=only_b, keepdims=True)
    both = [axis for axis in axes[:rank] if a.shape[axis] > 1 and b.shape[axis] > 1]
    rows = [axis for axis in axes[:rank] if axis not in both and a.shape[axis] > 1]
    columns = [axis for axis in axes[:rank] if axis not in both and b.shape[axis] > 1]
    if not rows and not columns:
        return None
    summed = [axis for axis in axes[rank:] if a.shape[axis] > 1]
    rest_a = [axis for axis in axes if axis not in (*both, *rows, *summed)]
    rest_b = [axis for axis in axes if axis not in (*both, *columns, *summed)]
    batch = math.prod(a.shape[axis] for axis in both)
    depth = math.prod(a.shape[axis] for axis in summed)
    left = a.transpose(*both, *rows, *summed, *rest_a).reshape(batch, -1, depth)
    right = b.transpose(*both, *summed, *columns, *rest_b).reshape(batch, depth, -1)
    shape = [max(a.shape[axis], b.shape[axis]) for axis in (*both, *rows, *columns)]
    product = np.matmul(left, right).reshape(*shape, *([1] * (rank - len(shape))))
    order = [*both, *rows, *columns]
    order += [axis for axis in axes[:rank] if axis not in order]
    result = product.transpose(np.argsort(order))
    return result * result.dtype.type(repeats) if repeats > 1 else result


def _contract_integers(a: Array, b: Array, rank: int, extents: list[int]) -> Array | None:
    bound = float(np.abs(a.astype(np.float64)).max()) * float(np.abs(b.astype(np.float64)).max())
    if bound * math.prod(extents[rank:]) >= _EXACT:
        return None
    result = contract(a.astype(np.float64), b.astype(np.float64), rank, extents)
    return None if result is None else result.astype(np.int64).astype(a.dtype)


def _nested_pair(arrays: list[Array]) -> tuple[int, int] | None:
    for small, a in enumerate(arrays):
        for large, b in enumerate(arrays):
            if small != large and np.broadcast_shapes(a.shape, b.shape) == b.shape:
                return small, large
    return None
