"""Ranges of integers that hold though arithmetic wraps and memory may hold anything."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.ir.expr import Expr
from autosched.lowering.exact import Exact

i = te.reduce_axis((0, 8), name="i")
NARROW = te.placeholder((8,), "int8", name="narrow")
WIDE = te.placeholder((8,), "int64", name="wide")


def span(expr: Expr) -> tuple[float, float]:
    return Exact((i,), {}).span(expr)


INT8, INT64 = (-128, 127), (-(2**63), 2**63 - 1)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (i * 2 + 1, (1, 15)),
        (NARROW[i], INT8),
        (NARROW[i] + 1, INT8),
        (NARROW[i].astype("int64") + 1, (-127, 128)),
        (NARROW[i] % 10, (0, 9)),
        ((NARROW[i] & 15).astype("int64") * 2, (0, 30)),
        (WIDE[i] + 1, INT64),
        (te.max(te.min(WIDE[i] + 1, 5), 2), (2, 5)),
        (WIDE[i].astype("int8"), INT8),
        ((i + 100).astype("int8"), (100, 107)),
        ((i + 126).astype("int8"), INT8),
        ((WIDE[i] > 3).astype("int32"), (0, 1)),
        (te.if_then_else(WIDE[i] > 3, i, i + 3), (0, 10)),
        (WIDE[i] - WIDE[i], (0, 0)),
    ],
    ids=str,
)
def test_spans(expr: Expr, expected: tuple[int, int]) -> None:
    assert span(expr) == expected


def test_equal_reads_are_one_unknown() -> None:
    exact = Exact((i,), {})
    assert exact.translated(NARROW[i]) is exact.translated(NARROW[i].astype("int64"))
    assert exact.translated(NARROW[i]) is not exact.translated(NARROW[i + 1])


def test_what_a_tensor_holds_may_be_known() -> None:
    assert Exact((i,), {NARROW: (3, 4)}).span(NARROW[i] * 2) == (6, 8)
