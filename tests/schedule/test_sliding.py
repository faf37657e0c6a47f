"""Convolutions are found by their structure, in any order of axes and factors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autosched import te
from autosched.schedule.sliding import windows_of

A = te.placeholder((2, 4, 11, 11), name="A")
W = te.placeholder((5, 4, 3, 3), name="W")
C4, P3, Q3 = (te.reduce_axis((0, n), name) for n, name in ((4, "c"), (3, "p"), (3, "q")))


def summed(formula: Callable[..., Any], *axes: Any) -> Any:
    return te.compute((2, 5, 7, 7), lambda *at: te.sum(formula(*at), axis=list(axes)), name="C")


def test_the_roles_of_axes() -> None:
    C = summed(lambda b, o, y, x: W[o, C4, P3, Q3] * A[b, C4, y + P3, Q3 + x], Q3, C4, P3)
    windows = windows_of(C.op)
    assert windows is not None
    b, o, y, x = C.op.axis
    assert (windows.image.tensor, windows.filters.tensor) == (A, W)
    assert (windows.batch, windows.outputs, windows.channels) == ((b,), (o,), (C4,))
    assert windows.moving == ((y, P3), (x, Q3))
    assert windows.rank == 2


@pytest.mark.parametrize(
    "formula",
    [
        lambda b, o, y, x: A[b, C4, y + P3, x + Q3] + W[o, C4, P3, Q3],
        lambda b, o, y, x: A[b, C4, y + P3, x + Q3] * A[b, C4, P3, Q3],
        lambda b, o, y, x: A[b, C4, y + P3, x + Q3] * W[o, C4, Q3, Q3] * W[o, C4, P3, Q3],
        lambda b, o, y, x: A[b, C4, y + 2 * P3, x + Q3] * W[o, C4, P3, Q3],
        lambda b, o, y, x: A[b, C4, y + P3, y + Q3] * W[o, C4, P3, Q3],
        lambda b, o, y, x: A[b, C4, y + P3, x + Q3] * W[o // 2, C4, P3, Q3],
        lambda b, o, y, x: A[b, C4, y + P3, x + Q3] * W[o, 0, P3, Q3],
    ],
    ids=["a sum", "one tensor", "three factors", "dilated", "one place", "groups", "one channel"],
)
def test_other_expressions(formula: Callable[..., Any]) -> None:
    assert windows_of(summed(formula, C4, P3, Q3).op) is None


def test_conditions_starts_and_other_reductions() -> None:
    def body(b: Any, o: Any, y: Any, x: Any) -> Any:
        return A[b, C4, y + P3, x + Q3] * W[o, C4, P3, Q3]

    axes = [C4, P3, Q3]
    for made in (
        te.compute((2, 5, 7, 7), lambda *at: te.sum(body(*at), axis=axes, where=at[2] < 3)),
        te.compute((2, 5, 7, 7), lambda *at: te.sum(body(*at), axis=axes, init=1.0)),
        te.compute((2, 5, 7, 7), lambda *at: te.max(body(*at), axis=axes)),
        te.compute((2, 5, 7, 7), lambda *at: A[at[0], 0, at[2], at[3]] * W[at[1], 0, 0, 0]),
    ):
        assert windows_of(made.op) is None
    assert windows_of(A.op) is None
