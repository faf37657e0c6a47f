"""Floats as small integers: rounded, kept within bounds and converted in few instructions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autosched.codegen.llvm.emit import emit
from autosched.ir import build as b
from autosched.ir.expr import Expr
from autosched.ir.stmt import Function
from autosched.target.target import Target
from tests.codegen.llvm.harness import buffer, check, function, loop, read, write

LANES = 12
HALVES = np.arange(-600, 600, 0.5, dtype=np.float32)
FAR = np.array(
    [0, 1e9, 3e9, 1e30, 2**24 + 1, 2**31, np.inf, np.nan, 1e-40, 32767.5, 65535.5, 254.99998],
    np.float32,
)
NUMBERS = np.concatenate([HALVES, np.nextafter(HALVES, np.float32(1e9)), FAR, -FAR])
HOST = Target.host()


def converted(kind: str, of: Callable[[Expr], Expr]) -> Function:
    """y = kind(of(x)), so many lanes at once."""
    rows, lanes = len(NUMBERS) // LANES, b.ramp(b.const(0), 1, LANES)
    x, y = buffer("x", [rows, LANES]), buffer("y", [rows, LANES], kind)
    return function(
        [x, y], loop("i", rows, lambda i: write(y, i, lanes, b.cast(of(read(x, i, lanes)), kind)))
    )


def rounded(offset: float, rounding: str = "round") -> Callable[[Expr], Expr]:
    return lambda x: b.add(b.call(rounding, x), b.broadcast(b.const(offset, "float32"), LANES))


def computed_right(nest: Function) -> None:
    check(nest, [NUMBERS, np.zeros(NUMBERS.shape, nest.params[1].dtype.numpy)])


@pytest.mark.parametrize("offset", [0.0, -0.0, 128.0, -3.0, float(1 << 20)])
@pytest.mark.parametrize("kind", ["uint8", "int8", "uint16", "int16"])
def test_rounding_is_part_of_the_conversion(kind: str, offset: float) -> None:
    nest = converted(kind, rounded(offset))
    text = emit(nest, target=HOST)
    assert "@llvm.lrint" in text
    assert "roundeven" not in text
    computed_right(nest)


@pytest.mark.parametrize(
    "nest",
    [
        converted("uint8", rounded(0.5)),
        converted("uint8", rounded(1e9)),
        converted("uint8", rounded(float("inf"))),
        converted("uint8", rounded(float("nan"))),
        converted("uint8", rounded(3.0, "floor")),
        converted("uint8", lambda x: x),
        converted("int32", rounded(0.0)),
    ],
    ids=["fraction", "far", "infinite", "nan", "floor", "truncated", "wide"],
)
def test_other_conversions_are_as_written(nest: Function) -> None:
    assert "@llvm.lrint" not in emit(nest, target=HOST)
    computed_right(nest)


def test_a_small_integer_that_is_widened_again_stays_wide() -> None:
    nest = converted("float32", lambda x: b.cast(b.cast(rounded(7.0)(x), "uint8"), "int32"))
    assert "trunc" not in emit(nest, target=HOST)
    computed_right(nest)


def test_constants_are_converted_beforehand() -> None:
    nest = converted("uint8", lambda x: rounded(3.0)(b.broadcast(b.const(7.5, "float32"), LANES)))
    assert "@llvm.lrint" not in emit(nest, target=HOST)
    computed_right(nest)
