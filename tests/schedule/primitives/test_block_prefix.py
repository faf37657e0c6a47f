"""block_prefix: prefixes of an axis are reduced in blocks, and then within each block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autosched import te
from autosched.schedule import create_schedule
from tests.schedule.nests import golden, matmul, means_the_same, refuses

Condition = Callable[[Any, Any], Any]


def prefixes(
    points: int = 8,
    dtype: str = "float32",
    reducer: Any = te.sum,
    condition: Condition = lambda k, j: k <= j,
    length: int | None = None,
) -> te.Tensor:
    X = te.placeholder((length or points,), dtype, name="X")
    k = te.reduce_axis((0, length or points), name="k")
    return te.compute((points,), lambda j: reducer(X[k], axis=k, where=condition(k, j)), name="C")


def test_golden() -> None:
    s = create_schedule(C := prefixes())
    s[C].block_prefix(4)
    golden(
        s,
        """
        for j in 0..1:
            for k in 0..4:
                C.blocks[j] += X[j*4 + k]
        for j in 0..2:
            for k in 0..1:
                C.before[j] += C.blocks[k] if k < j
        for j in 0..8:
            for k in 0..4:
                C[j] += X[j - k] if k <= j%4 starting at C.before[j//4]
        """,
    )
    means_the_same(s)


@pytest.mark.parametrize("size", [2, 3, 5, 12])
@pytest.mark.parametrize("points", [13, 16, 29])
@pytest.mark.parametrize("is_strict", [False, True])
@pytest.mark.parametrize("reducer", [te.sum, te.max])
def test_sizes(size: int, points: int, is_strict: bool, reducer: Any) -> None:
    condition: Condition = (lambda k, j: k < j) if is_strict else (lambda k, j: j >= k)
    s = create_schedule(C := prefixes(points, "int32", reducer, condition))
    s[C].block_prefix(size)
    means_the_same(s)


def test_an_axis_longer_than_the_result_and_one_shorter_by_the_gap() -> None:
    s = create_schedule(C := prefixes(9, length=14))
    s[C].block_prefix(4)
    means_the_same(s)
    s = create_schedule(C := prefixes(9, condition=lambda k, j: k < j, length=8))
    s[C].block_prefix(4)
    means_the_same(s)


def test_choices_other_conditions_and_axes_around() -> None:
    X, M = te.placeholder((3, 11, 5), name="X"), te.placeholder((11,), "int32", name="M")
    k = te.reduce_axis((0, 11), name="k")

    def value(i: Any, j: Any, z: Any) -> Any:
        is_in = te.all(k <= j, M[k] > 0)
        return te.sum(te.if_then_else(is_in, X[i, k, z] * 2.0, 0.0), axis=k, where=k > 1)

    C = te.compute((3, 11, 5), value, name="C")
    s = create_schedule(C)
    s[C].block_prefix(3)
    means_the_same(s)


def test_what_is_before_a_block_is_a_prefix() -> None:
    s = create_schedule(C := prefixes(40))
    _, before = s[C].block_prefix(4)
    s[before].block_prefix(3)
    means_the_same(s)


def test_terms_that_are_left_out() -> None:
    X, k = te.placeholder((11,), name="X"), te.reduce_axis((0, 11), name="k")
    chosen = lambda j: te.if_then_else(k <= j, X[k], 0.0)  # noqa: E731
    C = te.compute((11,), lambda j: te.sum(chosen(j), axis=k), name="C")
    s = create_schedule(C)
    s[C].skip_masked()
    s[C].block_prefix(4)
    means_the_same(s)


def test_results_that_are_no_prefixes() -> None:
    X, k = te.placeholder((8, 8), name="X"), te.reduce_axis((0, 8), name="k")
    rows = te.compute((8,), lambda j: te.sum(X[j, k], axis=k, where=k <= j), name="C")
    start = te.compute(
        (8,), lambda j: te.sum(X[0, k], axis=k, where=k <= j, init=X[1, j]), name="C"
    )
    others = te.compute(
        (8,), lambda j: te.sum(te.if_then_else(k <= j, X[0, k], 1.0), axis=k), name="C"
    )
    short = prefixes(9, length=8)
    suffixes = prefixes(condition=lambda k, j: k >= j)
    for C in (matmul(), rows, start, others, short, suffixes, prefixes(4)):
        s = create_schedule(C)
        refuses(s, lambda s=s, C=C: s[C].block_prefix(4), "up to a data axis of more than 4 points")
    s = create_schedule(C := prefixes())
    refuses(s, lambda: s[C].block_prefix(1), "in blocks of 2 points or more")


def test_loops_that_it_does_not_take() -> None:
    s = create_schedule(C := prefixes())
    s[C].split(C.op.axis[0], 2)
    refuses(s, lambda: s[C].block_prefix(4), "call block_prefix before split")
