"""Tiles turned in registers: the same numbers as element by element, and no scatter."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.codegen.llvm.emit import emit
from autosched.ir import build as b
from autosched.ir.dtype import dtype
from autosched.ir.stmt import Function, block
from autosched.target.target import Target
from tests.codegen.llvm.harness import (
    buffer,
    check,
    columns,
    const,
    function,
    read,
    samples,
    unrolled,
    var,
    write,
)


def scatters(nest: Function) -> bool:
    return "masked.scatter" in emit(nest, target=Target.host())


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize("steps", [2, 3, 5, 8, 14, 16, 21])
@pytest.mark.parametrize("room", [0, 3])
def test_a_tile_is_turned(lanes: int, steps: int, room: int) -> None:
    nest = columns(lanes, steps, room=room)
    assert scatters(nest) == (steps % lanes == 1)
    before = np.full(lanes * (steps + room), 7.0, np.float32)
    (_, after) = check(nest, [samples("float32", lanes * steps), before])
    assert (after[:, steps:] == 7).all()


@pytest.mark.parametrize("kind", ["float32", "float64", "int8", "int16"])
@pytest.mark.parametrize("lanes", [5, 6, 7, 8, 10, 13, 15])
@pytest.mark.parametrize("steps", [2, 3, 8, 16])
def test_vectors_are_filled_up(lanes: int, steps: int, kind: str) -> None:
    nest = columns(lanes, steps, kind, room=1)
    assert scatters(nest) == (kind == "float64" and lanes > 8)
    before = np.full(lanes * (steps + 1), 7, dtype(kind).numpy)
    (_, after) = check(nest, [samples(kind, lanes * steps), before])
    assert (after[:, steps:] == 7).all()


@pytest.mark.parametrize("kind", ["int32", "float64", "int64", "uint8", "int16"])
def test_elements_of_every_size(kind: str) -> None:
    nest = columns(8, 7, kind)
    assert not scatters(nest)
    check(nest, [samples(kind, 56), np.zeros(56, dtype(kind).numpy)])


@pytest.mark.parametrize("kind", ["float32", "int8"])
@pytest.mark.parametrize("lanes", [5, 8, 16])
@pytest.mark.parametrize("steps", [2, 7, 16, 21])
def test_lanes_at_a_symbolic_distance(lanes: int, steps: int, kind: str) -> None:
    n, m = var("n"), var("m")
    x, y = buffer("x", [steps, lanes], kind), buffer("y", [lanes + 1, n, m], kind)
    rows = b.ramp(const(1), 1, lanes)
    body = unrolled("i", steps, lambda i: write(y, rows, n - 1, i, read(x, i, rows - 1)))
    nest = function([x, y], body, [n, m])
    assert not scatters(nest)
    for more in (0, 3):
        before = np.full((lanes + 1, 2, steps + more), 7, dtype(kind).numpy)
        (_, after) = check(nest, [samples(kind, lanes * steps), before], [2, steps + more])
        assert (after[:, 0] == 7).all()
        assert (after[0] == 7).all()
        assert (after[:, :, steps:] == 7).all()


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_fences_between_the_steps_keep_the_numbers(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autosched.codegen.llvm.emit.is_laid_out", lambda *nest: True)
    nest = columns(8, 7, kind)
    assert "llvm.arithmetic.fence" in emit(nest, target=Target.host())
    check(nest, [samples(kind, 56), np.zeros(56, dtype(kind).numpy)])


@pytest.mark.parametrize(("lanes", "kind"), [(3, "float32"), (20, "float32"), (32, "float32")])
def test_other_vectors_are_scattered(lanes: int, kind: str) -> None:
    nest = columns(lanes, 4, kind, room=1)
    assert scatters(nest)
    check(nest, [samples(kind, 4 * lanes), np.zeros(5 * lanes, dtype(kind).numpy)])


def test_two_halves_of_a_columns() -> None:
    x, y = buffer("x", [6, 32]), buffer("y", [32, 10])
    low, high = b.ramp(const(0), 1, 16), b.ramp(const(16), 1, 16)
    nest = function(
        [x, y],
        unrolled(
            "i",
            6,
            lambda i: block(write(y, low, i, read(x, i, low)), write(y, high, i, read(x, i, high))),
        ),
    )
    assert not scatters(nest)
    check(nest, [samples("float32", 192), np.zeros(320, np.float32)])


def test_the_last_of_two_stores_to_one_place_wins() -> None:
    x, y = buffer("x", [6, 16]), buffer("y", [16, 10])
    rows = b.ramp(const(0), 1, 16)
    nest = function(
        [x, y],
        unrolled(
            "i",
            5,
            lambda i: block(
                write(y, rows, i, read(x, i, rows)), write(y, rows, i + 1, read(x, i + 1, rows) * 2)
            ),
        ),
    )
    check(nest, [samples("float32", 96), np.zeros(160, np.float32)])


def test_steps_that_read_what_was_written_before() -> None:
    x, y = buffer("x", [16]), buffer("y", [16, 8])
    rows = b.ramp(const(0), 1, 16)
    nest = function(
        [x, y],
        block(
            write(y, rows, 0, read(x, rows)),
            unrolled("i", 7, lambda i: write(y, rows, i + 1, read(y, rows, i) * 2.0)),
        ),
    )
    check(nest, [samples("float32", 16), np.zeros(128, np.float32)])


@pytest.mark.parametrize("steps", [3, 8])
def test_a_constant_tile_is_not_turned(steps: int) -> None:
    y = buffer("y", [8, steps + 1])
    rows = b.ramp(const(0), 1, 8)
    nest = function(
        [y], unrolled("i", steps, lambda i: write(y, rows, i, b.broadcast(const(2.0), 8)))
    )
    text = emit(nest, target=Target.host())
    assert "masked.scatter" not in text
    assert text.count("shufflevector") == (8 if steps == 3 else 0)
    check(nest, [np.zeros(8 * (steps + 1), np.float32)])
