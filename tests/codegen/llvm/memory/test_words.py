"""Tiles of words turned in registers: the same bytes as one by one, and rows read whole."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.codegen.llvm.emit import emit
from autosched.ir import build as b
from autosched.ir.dtype import dtype
from autosched.ir.expr import Expr
from autosched.ir.stmt import Function
from autosched.target.target import Target
from tests.codegen.llvm.harness import (
    buffer,
    check,
    const,
    function,
    read,
    samples,
    unrolled,
    write,
)


def packed(
    lanes: int, rows: int, kind: str = "int8", count: int = 4, room: int = 0, gap: int = 0
) -> Function:
    """y[lane, row, k] = x[row, lane, k], of words of `count` elements."""
    x = buffer("x", [rows, lanes * count + gap], kind)
    y = buffer("y", [lanes, rows + room, count], kind)
    lane = b.ramp(const(0), 1, lanes)

    def place(k: Expr) -> Expr:
        return b.ramp(k, count, lanes)

    return function(
        [x, y],
        unrolled(
            "r",
            rows,
            lambda r: unrolled("k", count, lambda k: write(y, lane, r, k, read(x, r, place(k)))),
        ),
    )


def arrays(nest: Function) -> list[np.ndarray]:
    x, y = nest.params
    size = [int(np.prod([int(n.value) for n in each.shape])) for each in (x, y)]
    return [samples(x.dtype.name, size[0]), np.full(size[1], 7, y.dtype.numpy)]


def moves_words(nest: Function) -> bool:
    """Whether elements are moved as words, in a bitcast of rows."""
    code = emit(nest, target=Target.host())
    return "bitcast <" in code and "x i32>" in code


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize("rows", [2, 3, 5, 8, 16, 17, 21])
@pytest.mark.parametrize(("kind", "count"), [("int8", 4), ("uint8", 4), ("int16", 2)])
def test_rows_of_words_are_turned(lanes: int, rows: int, kind: str, count: int) -> None:
    nest = packed(lanes, rows, kind, count, room=1)
    assert moves_words(nest)
    before = arrays(nest)
    (_, after) = check(nest, before)
    assert (after[:, rows:] == 7).all()


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_words_of_floats(kind: str) -> None:
    nest = packed(16, 9, kind, 2)
    assert moves_words(nest)
    check(nest, [samples(kind, 16 * 9 * 2), np.zeros(16 * 9 * 2, dtype(kind).numpy)])


@pytest.mark.parametrize(
    "nest",
    [
        packed(3, 8),
        packed(32, 8),
        packed(8, 1),
        packed(8, 8, "int8", 2),
        packed(8, 8, "int32", 2),
    ],
    ids=["few lanes", "many lanes", "one row", "halves of words", "wide"],
)
def test_others_are_moved_otherwise(nest: Function) -> None:
    assert not moves_words(nest)
    check(nest, arrays(nest))


@pytest.mark.parametrize("rows", [4, 16])
def test_values_may_be_chosen_and_computed(rows: int) -> None:
    x, y = buffer("x", [rows, 64], "int8"), buffer("y", [16, rows, 4], "uint8")
    lane = b.ramp(const(0), 1, 16)

    def value(r: Expr, k: Expr) -> Expr:
        moved = b.add(b.cast(read(x, r, b.ramp(k, 4, 16)), "int32"), b.broadcast(b.const(128), 16))
        none = b.broadcast(b.const(0, dtype("uint8")), 16)
        return b.select(b.lt(r, 3), b.cast(moved, "uint8"), none)

    nest = function(
        [x, y],
        unrolled(
            "r", rows, lambda r: unrolled("k", 4, lambda k: write(y, lane, r, k, value(r, k)))
        ),
    )
    assert moves_words(nest)
    check(nest, arrays(nest))


def test_what_depends_on_the_element_of_a_word_is_computed_one_by_one() -> None:
    x, y = buffer("x", [8, 64], "int8"), buffer("y", [16, 8, 4], "int8")
    lane = b.ramp(const(0), 1, 16)

    def value(r: Expr, k: Expr) -> Expr:
        return b.add(read(x, r, b.ramp(k, 4, 16)), b.broadcast(b.cast(k, "int8"), 16))

    nest = function(
        [x, y],
        unrolled("r", 8, lambda r: unrolled("k", 4, lambda k: write(y, lane, r, k, value(r, k)))),
    )
    assert not moves_words(nest)
    check(nest, arrays(nest))


def test_a_tile_is_not_written_while_it_is_read() -> None:
    y = buffer("y", [16, 8, 4], "int8")
    lane = b.ramp(const(0), 1, 16)
    nest = function(
        [y],
        unrolled(
            "r",
            8,
            lambda r: unrolled(
                "k", 4, lambda k: write(y, lane, r, k, read(y, r, const(0), b.ramp(k, 4, 16)))
            ),
        ),
    )
    assert not moves_words(nest)
