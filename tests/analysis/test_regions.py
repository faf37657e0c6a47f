"""Ranges that indices sweep."""

from __future__ import annotations

import pytest

from autosched.analysis.bounds import Bounds
from autosched.analysis.regions import relax, union
from autosched.ir.build import cast, const, load, maximum, minimum, select
from autosched.ir.dtype import INDEX, dtype
from autosched.ir.expr import Buffer, Var

io, ii, f, g, kh, n, m = (Var(name, INDEX) for name in ("io", "ii", "f", "g", "kh", "n", "m"))
TABLE = Buffer("table", (const(64),), INDEX)
BYTES = Buffer("bytes", (const(64),), dtype("uint8"))
RELAXED = {ii: (const(0), const(8)), g: (const(0), const(8)), kh: (const(0), const(3))}


def bounds() -> Bounds:
    known = Bounds({n: (1, None), m: (8, None)})
    for var, extent in ((io, 16), (ii, 8), (f, 7), (g, 8), (kh, 3)):
        known.add_loop(var, const(0), const(extent))
    return known


CASES = {
    "fixed": (io * 8 + f, ("io*8 + f", "1")),
    "affine": (io * 8 + ii, ("io*8", "8")),
    "strided window": (io * 16 + ii * 2 + kh - 1, ("io*16 - 1", "17")),
    "downwards": (3 - ii, ("-4", "8")),
    "outer of a split": ((io * 48 + ii) // 48, ("io", "1")),
    "division across tiles": ((f * 8 + g) // 14, ("f*4//7", "2")),
    "division of aligned tiles": ((f * 7 + ii % 7) // 14, ("f//2", "1")),
    "remainder across periods": ((f * 8 + g) % 14, ("0", "14")),
    "remainder inside a period": ((f * 8 + g) % 16, ("f%2*8", "8")),
    "border cut off": (maximum(io * 8 + ii - 1, 0), ("max(io*8 - 1, 0)", "8")),
    "tile moved inside": (minimum(io * 8, m - 8) + ii, ("min(io*8, m - 8)", "8")),
    "size times a variable": (n * ii + g, ("0", "n*7 + 8")),
    "row of a size": (n * io + g, ("n*io", "8")),
    "select": (select(io < 4, ii, ii + 2), ("0", "10")),
}


@pytest.mark.parametrize("case", CASES)
def test_a_sweep(case):
    expr, expected = CASES[case]
    swept = relax(expr, RELAXED, bounds())
    assert swept is not None
    assert tuple(map(str, swept)) == expected


def test_a_start_may_depend_on_another_variable_that_runs():
    swept = relax(io * 8 + g, {ii: (const(0), n), g: (ii, const(8))}, bounds())
    assert swept is not None
    assert tuple(map(str, swept)) == ("io*8", "n + 7")


def test_an_index_from_memory_has_no_range():
    assert relax(load(TABLE, (ii,)), RELAXED, bounds()) is None
    assert relax(load(TABLE, (io,)) + ii, RELAXED, bounds()) is None
    assert relax(cast(load(BYTES, (ii,)), INDEX), RELAXED, bounds()) is None


def test_unions():
    def text(a, b):
        return tuple(map(str, union(a, b, bounds())))

    eight = const(8)
    assert text((io * 8, eight), (io * 8 + 4, eight)) == ("io*8", "12")
    assert text((io * 8, const(20)), (io * 8 + 4, eight)) == ("io*8", "20")
    assert text((const(0), n), (const(1), n)) == ("0", "n + 1")
    assert text((io, eight), (f, eight))[0] == "min(io, f)"
