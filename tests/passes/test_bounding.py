"""Padding of products that bounds a serial loop has no copy; other padding has."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.analysis.inequalities import nonnegative_forms
from autosched.ir.build import and_, const, load, select
from autosched.ir.interpreter import interpret
from autosched.ir.pragma import Partitioned
from autosched.ir.stmt import For, Function, If, Stmt, block
from autosched.passes import pipeline
from autosched.passes.bounding import bounding, of_step
from tests.ir.nests import buffer, loop, store, var
from tests.passes.nests import V4

A, C, W = buffer("A", 8), buffer("C", 8, 4), buffer("W", 3, 4)
Y, R, X = var("y"), var("r"), var("x")
INSIDE = and_(const(1) <= Y + R, Y + R < 9)


def taps(kind: str = "for", inner: Stmt | None = None) -> Stmt:
    """The sum of three rows around row y, each times four columns."""
    product = select(INSIDE, load(A, (Y + R - 1,)) * load(W, (R, X)), 0.0)
    added = store(C, [Y, X], load(C, (Y, X)) + product)
    body = loop(X, 4, added, kind="vectorized")
    return loop(R, 3, body if inner is None else block(body, inner), kind=kind)


def found(body: Stmt) -> int:
    return len(set(bounding(body, nonnegative_forms, of_step)))


def test_padding_of_products_bounds_the_loop_over_rows() -> None:
    assert found(taps()) == 2


def test_lanes_that_are_left_out_are_none_of_the_step() -> None:
    added = taps().body.body  # type: ignore[attr-defined]
    assert found(loop(R, 3, loop(X, 4, If(X < 3, added), kind="vectorized"))) == 2


def test_loops_that_are_written_out_have_no_bounds() -> None:
    assert found(taps("unrolled")) == 0


def test_steps_with_something_else_to_do_are_not_left_out() -> None:
    assert found(taps(inner=store(W, [0, 0], const(0.0)))) == 0


def test_padding_of_a_factor_chooses_an_address() -> None:
    factor = select(INSIDE, load(A, (Y + R - 1,)), 0.0)
    added = store(C, [Y, X], load(C, (Y, X)) + factor * load(W, (R, X)))
    assert found(loop(R, 3, loop(X, 4, added, kind="vectorized"))) == 0


def test_conditions_of_points_in_the_loop_are_none_of_its_step() -> None:
    """Each point of the tile has bounds of its own."""
    product = select(Y + X + R < 9, load(A, (Y + X + R - 1,)) * load(W, (R, X)), 0.0)
    added = store(C, [Y, X], load(C, (Y, X)) + product)
    assert found(loop(R, 3, loop(X, 4, added, kind="unrolled"))) == 0


@pytest.mark.parametrize(("kind", "number"), [("vectorized", 1), ("for", 0)])
def test_statements_count_where_their_code_is_written_out(kind: str, number: int) -> None:
    rows = loop(X, 4, store(C, [R, X], const(0.0)), kind=kind)
    assert found(loop(R, 3, If(Y * 3 + R < 8, rows))) == number


def test_rows_at_the_ends_of_an_image_are_bounds() -> None:
    nest = taps()
    rows = For(Y, const(0), const(8), loop(Y, 8, nest).kind, nest, (Partitioned(),))
    function = Function("main", (A, W, C), (C,), (), rows)
    text = str(pipeline.trace(function, V4, after="unswitch", check=True)[-1].function.body)
    assert "if " not in text
    assert "for r in max(0, " in text
    rng = np.random.default_rng(1)
    a, w = rng.uniform(-1, 1, 8).astype("f4"), rng.uniform(-1, 1, (3, 4)).astype("f4")
    got = np.zeros((8, 4), "f4")
    interpret(pipeline.run(function, V4), [a, w, got])
    padded = np.pad(a, 1)
    want = sum(padded[r : r + 8, None] * w[r] for r in range(3))
    np.testing.assert_allclose(got, want, rtol=1e-6)
