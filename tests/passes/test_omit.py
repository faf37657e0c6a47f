"""Terms of a reduction that change nothing are not computed."""

from __future__ import annotations

import numpy as np
import pytest

from autosched import te
from autosched.ir.build import and_, const, load, select
from autosched.ir.expr import Expr, Operand
from autosched.ir.interpreter import interpret
from autosched.ir.stmt import Function, Stmt
from autosched.passes.omit import omit
from autosched.schedule.schedule import Schedule, create_schedule
from tests.ir.nests import buffer, loop, store, var
from tests.passes.nests import V4, after, golden

A, W, C = buffer("A", 16), buffer("W", 16), buffer("C", 16)
k, z, c = var("k"), var("z"), var("c")


def update(condition: Expr, term: Expr, nothing: Operand = 0.0, lanes: str = "vectorized") -> Stmt:
    """Sums over k into C[z + c], the innermost loop over c."""
    value = load(C, (z + c,)) + select(condition, term, nothing)
    stored = store(C, [z + c], value)
    return loop(k, 3, loop(z, 4, loop(c, 4, stored, kind=lanes), kind="unrolled"))


def omitted(stmt: Stmt) -> str:
    return str(omit(Function("main", (A, W, C), (C,), (), stmt), V4).body)


PRODUCT = load(A, (k,)) * load(W, (c,))


@pytest.mark.parametrize("condition", [k < 2, const(1) <= z + k, const(3) < k * 2 + z], ids=str)
def test_a_choice_that_lanes_share_is_a_condition(condition: Expr) -> None:
    lines = omitted(update(condition, PRODUCT)).splitlines()
    assert lines[3].strip() == f"if {condition}:"
    assert lines[4].strip() == "C[z + c] = C[z + c] + A[k] * W[c]"


def test_what_lanes_decide_stays_a_choice() -> None:
    text = omitted(update(and_(k < 2, c < z), PRODUCT))
    assert "if k < 2:" in text
    assert "C[z + c] + select(c < z, A[k] * W[c], 0.0)" in text
    assert "if" not in omitted(update(c < z, PRODUCT))


@pytest.mark.parametrize(
    "stmt",
    [
        update(k < 2, PRODUCT, 1.0),
        update(k < 2, load(A, (k,))),
        update(load(A, (k,)) < const(1.0), PRODUCT),
        update(k < 2, PRODUCT, lanes="for"),
        loop(c, 4, store(C, [c], select(k < 2, PRODUCT, 0.0)), kind="vectorized"),
    ],
    ids=["something else", "no product", "by data", "scalars", "no reduction"],
)
def test_other_choices_stay(stmt: Stmt) -> None:
    assert omitted(stmt) == str(stmt)


def convolution(stride: int = 1, dilation: int = 1, size: int = 5, taps: int = 3) -> Schedule:
    """One row of taps over padding, vectors along filters, rows of the image outside."""
    before = taps // 2
    X, F = te.placeholder((size, size), name="X"), te.placeholder((taps, taps, 4), name="F")
    r, s = (te.reduce_axis((0, taps), name) for name in "rs")
    points = (size + 2 * before - dilation * (taps - 1) - 1) // stride + 1

    def term(y: te.Tensor, x: te.Tensor, o: te.Tensor) -> te.Tensor:
        at = [y * stride + r * dilation - before, x * stride + s * dilation - before]
        inside = te.all(*(te.all(place >= 0, place < size) for place in at))
        return te.sum(X[at[0], at[1]] * F[r, s, o], axis=[r, s], where=inside)

    Y = te.compute((points, points, 4), term, name="Y")
    schedule = create_schedule(Y)
    y, x, o = Y.op.axis
    schedule[Y].reorder(y, r, s, x, o)
    for axis in (s, x):
        schedule[Y].unroll(axis)
    schedule[Y].vectorize(o)
    return schedule


def test_rows_are_bounds_and_columns_are_decided() -> None:
    golden(
        convolution(),
        "unroll",
        """
        for y in 0..5:
            unrolled x in 0..5:
                Y[y, x, 0 : +4] = broadcast(0.0, 4)
            for r in max(0, 1 - y) .. max(0, 1 - y) + (min(3, 6 - y) - max(0, 1 - y)):
                unrolled s in 0..3:
                    unrolled x in 0..5:
                        if 1 <= x + s and x + s < 6:
                            Y[y, x, 0 : +4] = Y[y, x, 0 : +4] + broadcast(X[y + r - 1, x + s - 1], 4) * F[r, s, 0 : +4]
        """,
    )


@pytest.mark.parametrize(
    ("stride", "dilation", "size", "taps"),
    [(1, 1, 5, 3), (2, 1, 7, 3), (1, 2, 5, 3), (3, 2, 11, 5), (1, 1, 2, 7), (1, 1, 1, 3)],
)
def test_no_tap_is_missed(stride: int, dilation: int, size: int, taps: int) -> None:
    schedule = convolution(stride, dilation, size, taps)
    done = after(schedule, "unroll")
    assert "select" not in str(done)
    random = np.random.default_rng(0)
    shapes = [tuple(int(extent.value) for extent in param.shape) for param in done.params]
    x, f, got = (random.integers(-4, 5, shape).astype(np.float32) for shape in shapes)
    interpret(done, [x, f, got])
    rows = np.pad(x, taps // 2)
    want = np.zeros_like(got)
    for (r, s), filters in np.ndenumerate(np.empty((taps, taps))):
        del filters
        window = rows[r * dilation :, s * dilation :][::stride, ::stride]
        want += window[: len(want), : len(want), None] * f[r, s]
    np.testing.assert_array_equal(got, want)


def test_weights_that_are_not_finite_are_left_out_with_their_taps() -> None:
    done = after(convolution(), "unroll")
    x, f, got = np.ones((5, 5), np.float32), np.ones((3, 3, 4), np.float32), np.zeros((5, 5, 4))
    f[0, 1] = np.inf
    interpret(done, [x, f, got := got.astype(np.float32)])
    assert (got[0] < 7).all()
    assert np.isinf(got[1:]).all()
