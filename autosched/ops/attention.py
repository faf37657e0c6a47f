"""Scaled dot-product attention (Vaswani et al., "Attention is all you need", 2017)."""

from __future__ import annotations

from math import inf, sqrt

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.ops.checks import (
    check_extent,
    check_float,
    check_rank,
    check_same_dtype,
    static,
)
from autosched.ops.halves import rounded_once
from autosched.te.tensor import Tensor


@rounded_once
def attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None,
    causal: bool = False, scale: float | None = None, name: str = "attention",
) -> Tensor:  # fmt: skip
    """`softmax(q k' * scale + mask) v` of each head.

    `q` is (b, heads, m, d), `k` (b, key heads, n, d) and `v` (b, key heads, n, e); the heads
    are a multiple of the key heads, each of which serves as many neighbouring heads. `scale`
    is 1 / sqrt(d) by default. `mask`, of (m, n), is added to the scores of every head. With
    `causal` a query sees no key after its own place, the last query being at the last key.
    The result is (b, heads, m, e).
    """
    _check_operands(q, k, v, mask, name)
    heads, group, queries, keys, size = _extents(q, k, causal, name)
    factor = 1 / sqrt(size) if scale is None else scale
    # A scaled score minus the rounded maximum may be a rounding error, where both are fused, which
    # is large for large scores; without a mask the scale can follow the difference.
    before, after = (1.0, factor) if mask is None and factor > 0 else (factor, 1.0)
    rows = (q.shape[0], heads, queries)
    rd = te.reduce_axis((0, size), name="rd")
    products = te.compute(
        (*rows, keys),
        lambda b, h, i, j: te.sum(q(b, h, i, rd) * k(b, h // group, j, rd), axis=rd),
        name="products",
    )

    def score(b: Expr, h: Expr, i: Expr, j: Expr) -> Expr:
        value = products(b, h, i, j) * before
        if mask is not None:
            value = value + mask(i, j)
        if not causal:
            return value
        return te.if_then_else(j <= i + (keys - queries), value, te.const(-inf, q.dtype))

    scores = te.compute((*rows, keys), score, name="scores")
    r = te.reduce_axis((0, keys), name="r")
    greatest = te.compute(rows, lambda *i: te.max(scores(*i, r), axis=r), name="row_max")
    weights = te.compute(
        (*rows, keys), lambda *i: te.exp((scores(*i) - greatest(*i[:-1])) * after), name="weights"
    )
    s = te.reduce_axis((0, keys), name="s")
    total = te.compute(rows, lambda *i: te.sum(weights(*i, s), axis=s), name="row_sum")
    rk = te.reduce_axis((0, keys), name="rk")
    weighted = te.compute(
        (*rows, v.shape[3]),
        lambda b, h, i, e: te.sum(weights(b, h, i, rk) * v(b, h // group, rk, e), axis=rk),
        name="weighted",
    )
    return te.compute(weighted.shape, lambda *i: weighted(*i) * (1.0 / total(*i[:-1])), name=name)


def _check_operands(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, name: str) -> None:
    """Raise ExpressionError for ranks, dtypes or extents that do not fit."""
    check_float(q, name)
    for tensor, layout in ((q, "b, heads, m, d"), (k, "b, heads, n, d"), (v, "b, heads, n, e")):
        check_rank(tensor, 4, name, layout)
    check_same_dtype(name, q, k, v)
    for dim in (0, 1, 2):
        check_extent(v.shape[dim], k.shape[dim], name, f"dimension {dim} of {v.name}")
    check_extent(k.shape[0], q.shape[0], name, f"dimension 0 of {k.name}")
    check_extent(k.shape[3], q.shape[3], name, f"dimension 3 of {k.name}")
    if mask is not None:
        check_rank(mask, 2, name, "m, n")
        check_same_dtype(name, q, mask)
        for dim, extent in enumerate((q.shape[2], k.shape[2])):
            check_extent(mask.shape[dim], extent, name, f"dimension {dim} of {mask.name}")


def _extents(q: Tensor, k: Tensor, causal: bool, name: str) -> tuple[int, int, int, int, int]:
    """Return the heads, those of a key head, the queries, the keys, and the size of each.

    Raises ExpressionError where they do not go together.
    """
    heads, key_heads = (static(t.shape[1], name, "the number of heads") for t in (q, k))
    queries, keys, size = (
        static(extent, name, "an extent") for extent in (q.shape[2], k.shape[2], q.shape[3])
    )
    if heads % key_heads:
        raise ExpressionError(
            f"expected heads of {name} that are a multiple of {key_heads} key heads, got {heads}"
        )
    if causal and queries > keys:
        raise ExpressionError(
            f"expected at least as many keys as queries for causal {name}, got {keys} and "
            f"{queries}",
            hint="a query before the first key would see none",
        )
    return heads, heads // key_heads, queries, keys, size
