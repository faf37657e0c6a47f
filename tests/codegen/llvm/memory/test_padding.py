"""Loads of padding: one choice of an address serves all elements that are near."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.codegen.llvm.emit import emit
from autosched.codegen.llvm.memory.padding import SHARED
from autosched.ir import build as b
from autosched.ir.expr import Expr
from autosched.ir.stmt import Function, Stmt
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
    write,
)

ROWS, POINTS = 5, 6


def width(distance: int, lanes: int, first: int) -> int:
    return first + (POINTS - 1) * distance + lanes


def rows(distance: int, lanes: int = 1, first: int = 0) -> Function:
    """Points of rows, of which only the inner ones are in `x`; 2.0 stands for others."""
    x = buffer("x", [ROWS - 2, width(distance, lanes, first)])
    y = buffer("y", [ROWS, POINTS, lanes])
    across = b.ramp(const(0), 1, lanes) if lanes > 1 else const(0)

    def point(row: Expr, z: Expr) -> Stmt:
        inside = b.and_(b.le(1, row), row < ROWS - 1)
        value = read(x, row - 1, z * distance + first + across)
        other = b.broadcast(const(2.0), lanes) if lanes > 1 else const(2.0)
        return write(y, row, z, across, b.select(inside, value, other))

    return function(
        [x, y], loop("row", ROWS, lambda row: unrolled("z", POINTS, lambda z: point(row, z)))
    )


@pytest.mark.parametrize("lanes", [1, 8])
@pytest.mark.parametrize("first", [0, 3])
@pytest.mark.parametrize("distance", [1, SHARED // POINTS, SHARED, 3 * SHARED // 2])
def test_points_have_their_values(distance: int, lanes: int, first: int) -> None:
    read_from = samples("float32", (ROWS - 2) * width(distance, lanes, first), 1)
    check(rows(distance, lanes, first), [read_from, samples("float32", ROWS * POINTS * lanes, 2)])


def test_a_row_has_one_choice() -> None:
    def choices(nest: Function) -> int:
        return emit(nest, target=Target.host()).count(", ptr @padding")

    assert choices(rows(1)) == 1
    assert choices(rows(SHARED)) == POINTS


@pytest.mark.parametrize("other", [0.0, -0.0, 2.0])
@pytest.mark.parametrize("shift", [-9, -3, 0, 3, 9])
def test_lanes_beyond_an_end_are_not_read(shift: int, other: float) -> None:
    lanes = 8
    x, y = buffer("x", [ROWS - 2, lanes]), buffer("y", [ROWS, lanes])
    across = b.ramp(const(0), 1, lanes)

    def row(at: Expr) -> Stmt:
        place = across + shift
        inside = b.and_(b.le(b.broadcast(const(0), lanes), place), place < lanes)
        shared = b.and_(b.le(1, at), at < ROWS - 1)
        value = b.select(
            b.and_(b.broadcast(shared, lanes), inside),
            read(x, at - 1, place),
            b.broadcast(const(other), lanes),
        )
        return write(y, at, across, value)

    nest = function([x, y], loop("row", ROWS, row))
    read_from = samples("float32", (ROWS - 2) * lanes, 1)
    _, found = check(nest, [read_from, samples("float32", ROWS * lanes, 2)])
    np.testing.assert_array_equal(np.signbit(found[found == other]), np.signbit(np.float32(other)))
    choices = emit(nest, target=Target.host()).count(", ptr @padding")
    assert choices == (str(other) == "0.0" and abs(shift) < lanes)


@pytest.mark.parametrize("other", [0.0, -0.0, 2.0])
@pytest.mark.parametrize("moving", [False, True])
def test_lanes_outside_of_a_mask_are_zeros_already(moving: bool, other: float) -> None:
    lanes = 8
    x, y = buffer("x", [ROWS + lanes]), buffer("y", [ROWS, lanes])

    def row(at: Expr) -> Stmt:
        across = b.ramp(const(0), 1, lanes)
        inside = across < (b.broadcast(at, lanes) if moving else const(3))
        value = b.select(inside, read(x, at + across), b.broadcast(const(other), lanes))
        return write(y, at, across, value)

    nest = function([x, y], loop("row", ROWS, row))
    is_zero = np.float32(other).tobytes() == bytes(4)
    assert ("select <8 x i1>" in emit(nest, target=Target.host())) != is_zero
    (_, made) = check(nest, [samples("float32", ROWS + lanes), samples("float32", ROWS * lanes)])
    assert (np.signbit(made[0, 3:]) == np.signbit(np.float32(other))).all()
