"""Loads that read inside of their buffers, by what is known of their indices."""

from __future__ import annotations

import pytest

from autosched.analysis.bounds import Bounds
from autosched.analysis.inside import is_inside, reads_inside
from autosched.ir.build import broadcast, const, load, ramp
from autosched.ir.expr import Expr, Load
from tests.ir.nests import buffer, var

A, J = buffer("A", 8), buffer("J", 8, kind="int64")
i, n = var("i"), var("n")
BELOW_8 = Bounds({i: (0, 7)})


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (i, True),
        (i + 1, False),
        (i - 1, False),
        (n, False),
        (i // 2 + 4, True),
        (broadcast(i, 4), True),
        (ramp(const(4), 1, 4), True),
        (ramp(const(5), 1, 4), False),
        (ramp(const(3), -1, 4), True),
        (ramp(const(2), -1, 4), False),
        (load(J, (i,)), False),
    ],
    ids=str,
)
def test_a_load_is_inside_if_all_lanes_are(index: Expr, expected: bool) -> None:
    read = load(A, (index,))
    assert isinstance(read, Load)
    assert is_inside(read, BELOW_8) is expected


def test_conditions_are_known() -> None:
    bounds = BELOW_8.where(i < 7)
    assert is_inside(load(A, (i + 1,)), bounds)


def test_all_loads_of_an_expression_count() -> None:
    assert reads_inside(load(A, (i,)) + load(J, (i,)), BELOW_8)
    assert not reads_inside(load(A, (i,)) + load(J, (i + 1,)), BELOW_8)
    assert reads_inside(n + 1, BELOW_8)
