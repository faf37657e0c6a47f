"""Comparisons of indices, which bounds of loops often decide."""

from __future__ import annotations

import pytest

from autosched.codegen.llvm.emit import emit
from autosched.ir import build as b
from autosched.ir.expr import Expr
from autosched.ir.stmt import For, Function, LoopKind
from autosched.target.target import Target
from tests.codegen.llvm.harness import (
    buffer,
    check,
    const,
    function,
    loop,
    read,
    samples,
    unrolled,
    var,
    write,
)

WIDTH = 9
FARTHEST = (1 << 63) - 1


def window(condition, taps: int = 3) -> Function:
    """A sum of taps for each point, of which some are beyond the ends of a row."""
    x, y = buffer("x", [WIDTH]), buffer("y", [WIDTH])

    def point(z: Expr, r: Expr) -> Expr:
        place = b.minimum(b.maximum(z + r - 1, const(0)), const(WIDTH - 1))
        return write(y, z, read(y, z) + b.select(condition(z, r), read(x, place), 0.0))

    return function([x, y], loop("r", taps, lambda r: unrolled("z", WIDTH, lambda z: point(z, r))))


def conditions(nest: Function) -> int:
    """Return how many choices are left to be made as the code runs."""
    return emit(nest, target=Target.host()).count(", ptr @padding")


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        (lambda z, r: z + r < WIDTH + 1, 1),
        (lambda z, r: b.le(1, z + r), 1),
        (lambda z, r: b.and_(b.le(1, z + r), z + r < WIDTH + 1), 2),
        (lambda z, r: z + r // 2 * 2 < WIDTH + 1, 1),
        (lambda z, r: r - z < 1, 2),
        (lambda z, r: z + r < 0, 0),
        (lambda z, r: b.eq(z, r), WIDTH),
    ],
    ids=["end", "start", "both", "quotient", "difference", "never", "equal"],
)
def test_only_points_at_an_end_have_a_condition(condition, left: int) -> None:
    nest = window(condition)
    assert conditions(nest) == left
    check(nest, [samples("float32", WIDTH, 1), samples("float32", WIDTH, 2)])


def test_a_loop_below_zero_has_no_bounds() -> None:
    x, y = buffer("x", [4]), buffer("y", [4])

    def steps(r: Expr) -> Expr:
        return write(y, r + 2, b.select(r < 0, read(x, r + 2), 0.0))

    r = var("r")
    nest = function([x, y], For(r, const(-2), const(4), LoopKind.SERIAL, steps(r)))
    assert conditions(nest) == 1
    check(nest, [samples("float32", 4, 1), samples("float32", 4, 2)])


@pytest.mark.parametrize(
    "condition",
    [
        lambda r: r + FARTHEST < 5,
        lambda r: const(5) < r + FARTHEST,
        lambda r: r + FARTHEST < r * 2 + FARTHEST,
        lambda r: r * (1 << 62) < 7,
    ],
    ids=["less", "greater", "both", "product"],
)
def test_sums_that_wrap_are_compared_as_they_are(condition) -> None:
    x, y = buffer("x", [WIDTH]), buffer("y", [WIDTH])

    def step(r: Expr) -> Expr:
        return write(y, r, b.select(condition(r), read(x, r), 0.0))

    nest = function([x, y], loop("r", WIDTH, step))
    check(nest, [samples("float32", WIDTH, 1), samples("float32", WIDTH, 2)])
