"""Chains of contractions: which are found, how they are nested, and that they compute the same."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.ops.attention import attention
from autosched.search.space.chain import ContractionChain
from autosched.search.space.conformance import RuleConformance
from autosched.te.tensor import Tensor
from tests.search.space.nests import derived, nest, shown


def product(a: Tensor, b: Tensor, name: str) -> Tensor:
    k = te.reduce_axis((0, b.shape[0]), name="k")
    shape = (a.shape[0], b.shape[1])
    return te.compute(shape, lambda i, j: te.sum(a[i, k] * b[k, j], axis=k), name=name)


def matrix(m: int, n: int, name: str) -> Tensor:
    return te.placeholder((m, n), name=name)


def two_products(size: int = 32, rows: int = 24) -> Tensor:
    inner = product(matrix(rows, size, "A"), matrix(size, size, "B"), "inner")
    shrunk = te.compute(inner.shape, lambda i, j: te.tanh(inner[i, j]), name="shrunk")
    return product(shrunk, matrix(size, 16, "C"), "outer")


def heads(m: int, n: int, d: int = 8, key_heads: int = 3, **options: bool) -> Tensor:
    q = te.placeholder((1, 3, m, d), name="q")
    k, v = (te.placeholder((1, key_heads, n, d), name=name) for name in "kv")
    mask = matrix(m, n, "mask") if options.pop("masked", False) else None
    return attention(q, k, v, mask, **options)


def heads_inside() -> Tensor:
    """Heads are between the rows of the result and its values, as networks store it."""
    q, k, v = (te.placeholder((3, 24, 8), name=name) for name in "qkv")
    d, e = te.reduce_axis((0, 8), name="d"), te.reduce_axis((0, 24), name="e")
    scores = te.compute(
        (3, 24, 24), lambda h, i, j: te.sum(q[h, i, d] * k[h, j, d], axis=d), name="scores"
    )
    weights = te.compute(scores.shape, lambda h, i, j: te.tanh(scores[h, i, j]), name="weights")
    return te.compute(
        (24, 3, 8), lambda i, h, c: te.sum(weights[h, i, e] * v[h, e, c], axis=e), name="found"
    )


class TestChain(RuleConformance):
    rule = ContractionChain()

    def expressions(self) -> list[list[Tensor]]:
        shared = heads(9, 13, key_heads=1)
        masked = heads(9, 13, masked=True, causal=True)
        return [[two_products()], [masked], [shared], [heads_inside()]]


def test_the_first_product_is_computed_for_the_rows_that_the_second_reads() -> None:
    assert nest(two_products(rows=240), "chain") == shown(
        """
        parallel i.outer in 0..10:
            for j.outer in 0..1 at most:
                for i.outer in 0..20 at most:
                    alloc inner: float32 local
                    for k.outer in 0..8:
                        unrolled k.inner in 0..4:
                            unrolled i in 0..240 at most:
                                vectorized j in 0..32 at most:
                                    inner[i, j] += A[i, k] * B[k, j]
                    unrolled i.inner in 0..12:
                        vectorized j.inner in 0..32:
                            shrunk[i, j] = tanh(inner[i, j])
            for i.inner.outer in 0..1:
                for j.outer in 0..1:
                    alloc outer.local: float32 local
                    for k.outer in 0..8:
                        unrolled k.inner in 0..4:
                            unrolled i.c in 0..240 at most:
                                vectorized j.c in 0..16 at most:
                                    outer.local[i.c, j.c] += shrunk[i.c, k] * C[k, j.c]
                    unrolled i.inner.inner in 0..24:
                        vectorized j.inner in 0..16:
                            outer[i, j] = outer.local[i, j]
        """
    )


@pytest.mark.parametrize(
    "output",
    [
        product(matrix(24, 32, "A"), matrix(32, 16, "B"), "C"),
        two_products(512),
    ],
    ids=["one contraction", "operands beyond the caches"],
)
def test_other_expressions_are_no_chains(output: Tensor) -> None:
    assert not [name for name in derived(output) if name.startswith("chain")]


def test_blocks_leave_few_rows_to_compute_twice() -> None:
    (sketch,) = (each for name, each in derived(heads(128, 128)).items() if name == "chain")
    defaults = dict(zip([each.name for each in sketch.decisions], sketch.default, strict=True))
    rows = defaults["i2.rows"]
    assert -(-128 // rows) * rows - 128 <= 2


def test_rows_that_are_not_the_innermost_ones_of_the_result() -> None:
    assert "parallel h.i.outer.fused" in nest(heads_inside(), "chain")
