"""Tiles read beside a turned store: the same numbers as element by element, and no gather."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.codegen.llvm.emit import emit
from autosched.ir import build as b
from autosched.ir.dtype import dtype
from autosched.ir.expr import Expr
from autosched.ir.stmt import Function, block
from autosched.target.target import Target
from tests.codegen.llvm.harness import (
    buffer,
    check,
    columns,
    const,
    function,
    loop,
    read,
    samples,
    unrolled,
    write,
)

HASWELL = "cpu -cpu=haswell -features=+avx,+avx2,+fma,+f16c -vector_bits=256"


def gathers(nest: Function, target: Target | None = None) -> bool:
    return "masked.gather" in emit(nest, target=target or Target.host())


def residual(lanes: int, steps: int, kind: str = "float32", result: str = "") -> Function:
    """y[lane, j, step] = z[step, lane] + x[lane, j, step], written a vector of lanes at a time."""
    result = result or kind
    x, y = (buffer(name, [lanes, 2, steps + 1], k) for name, k in (("x", kind), ("y", result)))
    z, rows = buffer("z", [steps, lanes], result), b.ramp(const(0), 1, lanes)

    def added(j: Expr, i: Expr) -> Expr:
        return read(z, i, rows) + b.cast(read(x, rows, j, i + 1), dtype(result))

    return function(
        [x, z, y],
        loop("j", 2, lambda j: unrolled("i", steps, lambda i: write(y, rows, j, i, added(j, i)))),
    )


def arrays(nest: Function) -> list[np.ndarray]:
    sizes = [int(np.prod([extent.value for extent in each.shape])) for each in nest.params]
    return [
        samples(each.dtype.name, size, seed)
        for seed, (each, size) in enumerate(zip(nest.params, sizes, strict=True))
    ]


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize("steps", [2, 3, 4, 7, 8, 14, 16, 30])
def test_a_tile_is_read_by_row(lanes: int, steps: int) -> None:
    nest = residual(lanes, steps)
    assert not gathers(nest)
    check(nest, arrays(nest))


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16", "float16", "int32", "float64"])
@pytest.mark.parametrize("steps", [7, 14, 19])
def test_elements_of_every_size(kind: str, steps: int) -> None:
    nest = residual(8, steps, kind)
    check(nest, arrays(nest))


@pytest.mark.parametrize("lanes", [16, 32, 64])
@pytest.mark.parametrize("steps", [3, 8, 14, 28])
def test_tiles_of_bytes(lanes: int, steps: int) -> None:
    nest = residual(lanes, steps, "uint8")
    assert not gathers(nest)
    check(nest, arrays(nest))


@pytest.mark.parametrize(("kind", "result"), [("uint8", "float32"), ("float32", "uint8")])
def test_an_operand_of_another_size(kind: str, result: str) -> None:
    nest = residual(16, 14, kind, result)
    assert not gathers(nest)
    check(nest, [abs(array) for array in arrays(nest)])


def test_no_byte_beyond_a_row_is_read() -> None:
    avx2 = Target.parse(HASWELL)
    assert not gathers(residual(16, 8, "uint8"), avx2)
    assert gathers(residual(16, 7, "uint8"), avx2)
    assert "masked.load" in emit(residual(8, 7), target=avx2)
    assert "masked.load" not in emit(residual(8, 8), target=avx2)


def test_what_only_some_steps_need_is_read_by_them() -> None:
    x, y = buffer("x", [16, 2]), buffer("y", [16, 8])
    rows = b.ramp(const(0), 1, 16)
    nest = function(
        [x, y],
        unrolled(
            "i",
            8,
            lambda i: write(
                y, rows, i, b.select(i < 2, read(x, rows, i), b.broadcast(const(0.0), 16))
            ),
        ),
    )
    check(nest, [samples("float32", 32), np.zeros(128, np.float32)])
    assert "masked.load" not in emit(nest, target=Target.host())


def test_steps_that_read_what_another_store_writes() -> None:
    x, y, z = (buffer(name, [16, 8]) for name in "xyz")
    rows = b.ramp(const(0), 1, 16)
    nest = function(
        [x, y, z],
        unrolled(
            "i",
            8,
            lambda i: block(
                write(y, rows, i, read(x, rows, i) * 2.0), write(z, rows, i, read(y, rows, i) + 1.0)
            ),
        ),
        outputs=2,
    )
    check(nest, [samples("float32", 128), *np.zeros((2, 128), np.float32)])


def test_rows_of_a_contiguous_operand_are_read_as_they_are() -> None:
    assert "masked.load" not in emit(columns(16, 7), target=Target.host())
