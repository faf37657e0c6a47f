"""What an intrinsic's tensors stand for in the loops of a stage."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.analysis.bounds import Bounds
from autosched.ir.expr import Expr, Var
from autosched.schedule.matching import Mismatch, Region, matched
from autosched.te.tensor import Tensor
from tests.schedule.intrinsics import declared_loops
from tests.schedule.nests import argmax


def region_text(region: Region) -> str:
    return f"{region.tensor.name}[{', '.join(map(str, region.first))}] {list(region.dims)}"


def regions(ours: Tensor, theirs: Tensor, inner: dict[int, int]) -> list[str]:
    """The regions where the axes of `inner`, by their numbers, are tiles of these extents."""
    values: dict[te.Axis, Expr] = {}
    loops: dict[Var, Expr] = {}
    bounds = Bounds()
    for number, axis in enumerate((*ours.op.axis, *ours.op.reduce_axis)):
        extent = inner.get(number)
        values[axis] = te.var(axis.name + "o")
        if extent is not None:
            loop = te.var(axis.name)
            loops[loop] = te.const(extent)
            bounds.add_loop(loop, te.const(0), te.const(extent))
            is_whole = extent == int(axis.extent)  # type: ignore[call-overload]
            values[axis] = loop if is_whole else values[axis] * extent + loop
    found = matched(declared_loops(theirs.op), ours.op, values, loops, {}, bounds)
    return [region_text(found[each]) for each in (*theirs.op.input_tensors, *theirs.op.outputs)]


def product(m: int, n: int) -> Tensor:
    a, b = te.placeholder((m,), name="a"), te.placeholder((n, m), name="b")
    return te.compute((m, n), lambda i, j: b[j, i] + a[i] * 2.0, name="c")


def test_dimensions_are_found_in_any_order() -> None:
    A, B = te.placeholder((9, 8, 3), name="A"), te.placeholder((8, 16), name="B")
    C = te.compute((3, 8, 16), lambda x, i, j: A[x + 1, i, x] * 2.0 + B[i, j], name="C")
    assert regions(C, product(4, 8), {1: 4, 2: 8}) == [
        "B[io*4, jo*8] [1, 0]",
        "A[xo + 1, io*4, xo] [1]",
        "C[xo, io*4, jo*8] [1, 2]",
    ]


def test_windows_and_shifts() -> None:
    A = te.placeholder((40,), name="A")
    k = te.reduce_axis((0, 3), name="k")
    C = te.compute((36,), lambda i: te.sum(A[i + k + 2], axis=k), name="C")
    a = te.placeholder((8,), name="a")
    r = te.reduce_axis((0, 3), name="r")
    window = te.compute((4,), lambda i: te.sum(a[i + r + 1], axis=r), name="c")
    assert regions(C, window, {0: 4, 1: 3}) == ["A[io*4 + 1] [0]", "C[io*4] [0]"]
    wide = te.compute((4,), lambda i: te.sum(a[i + r * 2], axis=r), name="c")
    with pytest.raises(Mismatch):
        regions(C, wide, {0: 4, 1: 3})


def test_axes_of_one_point_need_no_loop() -> None:
    A = te.placeholder((40,), name="A")
    C = te.compute((40,), lambda i: A[i] * 2.0, name="C")
    a = te.placeholder((1, 4), name="a")
    theirs = te.compute((1, 4), lambda i, j: a[i, j] * 2.0, name="c")
    with pytest.raises(Mismatch):  # the tensor has no dimension for i
        regions(C, theirs, {0: 4})
    flat = te.placeholder((4,), name="a")
    theirs = te.compute((1, 4), lambda i, j: flat[j] * 2.0, name="c")
    assert regions(C, theirs, {0: 4}) == ["A[io*4] [0]", "C[io*4] [None, 0]"]


def test_an_element_read_twice_is_of_one_region() -> None:
    A, B = (te.placeholder((16,), name=name) for name in "AB")
    a = te.placeholder((4,), name="a")
    square = te.compute((4,), lambda i: a[i] * a[i], name="c")
    squared = te.compute((16,), lambda i: A[i] * A[i], name="C")
    assert regions(squared, square, {0: 4}) == ["A[io*4] [0]", "C[io*4] [0]"]
    for other in (lambda i: A[i] * B[i], lambda i: A[i] * A[15 - i], lambda i: A[i] * A[0]):
        with pytest.raises(Mismatch):
            regions(te.compute((16,), other, name="C"), square, {0: 4})


def test_an_index_from_data_has_no_region() -> None:
    A, a = te.placeholder((16,), name="A"), te.placeholder((4,), name="a")
    at = te.placeholder((16,), "int64", name="at")
    gathered = te.compute((16, 4), lambda i, j: A[at[i]] * 2.0, name="C")
    doubled = te.compute((4,), lambda i: a[i - i] * 2.0, name="c")
    with pytest.raises(Mismatch):
        regions(gathered, doubled, {1: 4})
    own = te.placeholder((4,), "int64", name="at")
    theirs = te.compute((4,), lambda i: a[own[i]] * 2.0, name="c")
    with pytest.raises(Mismatch):
        regions(te.compute((16,), lambda i: A[at[i]] * 2.0, name="C"), theirs, {0: 4})


def test_values_of_axes_and_conditions() -> None:
    A = te.placeholder((16,), name="A")
    a = te.placeholder((4,), name="a")
    theirs = te.compute((4,), lambda i: te.if_then_else(i < 2, a[i], 0.0), name="c")
    C = te.compute((16,), lambda i: te.if_then_else(i % 4 < 2, A[i], 0.0), name="C")
    D = te.compute((16,), lambda i: te.if_then_else(i < 2, A[i], 0.0), name="C")
    assert regions(C, theirs, {0: 4})[0] == "A[io*4] [0]"
    with pytest.raises(Mismatch):
        regions(D, theirs, {0: 4})


def test_tuples_are_matched_value_by_value() -> None:
    """The index of an argmax counts from the start of the tensor, not of a tile."""
    ours, theirs = argmax(4, 8)[0], argmax(2, 8)[0]
    assert regions(ours, theirs, {0: 2, 1: 8})[0] == "A[io*2, 0] [0, 1]"
    with pytest.raises(Mismatch):
        regions(ours, argmax(2, 4)[0], {0: 2, 1: 4})
    A = te.placeholder((8,), name="A")
    pair = te.compute((8,), lambda i: (A[i], A[i] + 1.0), name="C")[0]
    one = te.compute((8,), lambda i: A[i], name="c")
    with pytest.raises(Mismatch, match="2 values at each point"):
        regions(pair, one, {0: 8})
