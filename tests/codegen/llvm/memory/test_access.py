"""Every shape of access: contiguous, reversed, strided, scattered, masked, of awkward lanes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.codegen.llvm.emit import emit
from autosched.ir import build as b
from autosched.ir.dtype import dtype
from autosched.ir.expr import Buffer
from autosched.ir.stmt import Allocate, block
from autosched.target.target import Target
from tests.codegen.llvm.harness import (
    buffer,
    check,
    compiled,
    const,
    function,
    loop,
    read,
    run,
    samples,
    unrolled,
    var,
    write,
)
from tests.properties import examples

LANES = [2, 7, 16, 48]


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("stride", [-3, -2, -1, 0, 1, 2, 3, 4, 5])
def test_strided_loads(stride: int, lanes: int) -> None:
    span = abs(stride) * (lanes - 1) + 1
    first = span - 1 if stride < 0 else 0
    x, y = buffer("x", [3, span]), buffer("y", [3, lanes])
    nest = function(
        [x, y],
        loop(
            "i",
            3,
            lambda i: write(
                y, i, b.ramp(const(0), 1, lanes), read(x, i, b.ramp(const(first), stride, lanes))
            ),
        ),
    )
    check(nest, [np.arange(3 * span, dtype=np.float32), np.zeros(3 * lanes, np.float32)])


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("stride", [-2, -1, 1, 2, 3])
@pytest.mark.parametrize("kind", ["float32", "float64", "int8", "bool"])
def test_strided_stores_touch_only_their_places(kind: str, stride: int, lanes: int) -> None:
    span = abs(stride) * (lanes - 1) + 1
    first = span - 1 if stride < 0 else 0
    x, y = buffer("x", [lanes], kind), buffer("y", [span + 2], kind)
    at = b.ramp(const(first), stride, lanes)
    nest = function([x, y], write(y, at, read(x, b.ramp(const(0), 1, lanes))))
    check(nest, [samples(kind, lanes), np.ones(span + 2, dtype(kind).numpy)])


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16", "int64", "bool"])
def test_loads_by_a_vector_of_indices(kind: str) -> None:
    table, places, y = buffer("t", [50], kind), buffer("p", [24], "int32"), buffer("y", [24], kind)

    def body(i):
        at = b.ramp(i * 12, 1, 12)
        return write(y, at, read(table, read(places, at)))

    rng = np.random.default_rng(0)
    indices = rng.integers(0, 50, 24).astype(np.int32)
    arrays = [samples(kind, 50), indices, np.zeros(24, dtype(kind).numpy)]
    check(function([table, places, y], loop("i", 2, body)), arrays)


def test_a_vector_along_a_dimension_of_symbolic_stride() -> None:
    n = var("n")
    x, y = buffer("x", [12, n]), buffer("y", [n, 12])
    rows = b.ramp(const(0), 1, 12)
    body = loop("j", n, lambda j: write(y, j, rows, read(x, rows, j)))
    x_values = np.arange(60, dtype=np.float32).reshape(12, 5)
    check(function([x, y], body, [n]), [x_values, np.zeros((5, 12), np.float32)], [5])


def test_strides_of_a_padded_buffer() -> None:
    x, y = buffer("x", [6, 10]), buffer("y", [6, 10])
    padded = Buffer(
        "t", tuple(map(const, (6, 10))), dtype("float32"), "local", (const(16), const(1))
    )
    copy_in = loop(
        "i", 6, lambda i: loop("j", 10, lambda j: write(padded, i, j, read(x, i, j) * 2.0))
    )
    copy_out = loop("i", 6, lambda i: loop("j", 10, lambda j: write(y, i, j, read(padded, i, j))))
    nest = function([x, y], Allocate(padded, block(copy_in, copy_out)))
    check(nest, [samples("float32", 60), np.zeros(60, np.float32)])


@pytest.mark.parametrize("lanes", [1, 4, 7, 16])
@pytest.mark.parametrize("kind", ["float32", "int8", "float64", "bool"])
def test_masked_tails(kind: str, lanes: int) -> None:
    n = var("n")
    x, y = buffer("x", [n], kind), buffer("y", [n], kind)

    def body(i):
        at = b.ramp(i * lanes, 1, lanes)
        inside = b.lt(at, b.broadcast(n, lanes))
        return write(y, at, read(x, at, mask=inside), mask=inside)

    nest = function([x, y], loop("i", b.floordiv(n + (lanes - 1), lanes), body), [n])
    module = compiled(nest)
    for size in (1, lanes - 1, lanes, 3 * lanes + 1):
        values = samples(kind, max(size, 4))
        found = np.zeros(size + 1, dtype(kind).numpy)
        run(module, nest, [values, found], [size])
        assert found[:size].tolist() == values[:size].tolist()
        assert not found[size]


@examples(40)
@given(
    lanes=st.integers(2, 20),
    stride=st.integers(-4, 4),
    factor=st.sampled_from([1, 2, 3, 4]),
    offset=st.integers(-5, 25),
    bound=st.integers(0, 30),
    inclusive=st.booleans(),
    swapped=st.booleans(),
)
def test_masks_of_index_comparisons(
    lanes: int, stride: int, factor: int, offset: int, bound: int, inclusive: bool, swapped: bool
) -> None:
    y = buffer("y", [lanes], "bool")
    made = b.le if inclusive else b.lt
    n = var("n")

    def body(i):
        sides = [b.ramp(i * factor + offset, stride, lanes), b.broadcast(n * factor - 5, lanes)]
        return write(y, b.ramp(const(0), 1, lanes), made(*(sides[::-1] if swapped else sides)))

    check(function([y], loop("i", n - n + 1, body), [n]), [np.zeros(lanes, bool)], [bound])


@pytest.mark.parametrize("kind", ["uint8", "float32", "float64", "bool"])
@pytest.mark.parametrize("stride", [2, 3, 4])
@pytest.mark.parametrize("lanes", [3, 16, 56])
def test_a_choice_by_lane_of_every_few_elements(kind: str, stride: int, lanes: int) -> None:
    """A window whose first lanes lie before the image, as a pool's."""
    x, y = buffer("x", [stride * lanes], kind), buffer("y", [4, lanes], kind)

    def body(i):
        at = b.ramp(i - 2, stride, lanes)
        inside = b.le(b.broadcast(const(0), lanes), at)
        padded = b.select(inside, read(x, at), b.broadcast(b.const(1, dtype(kind)), lanes))
        return write(y, i, b.ramp(const(0), 1, lanes), padded)

    values = samples(kind, stride * lanes)
    for nest in (
        function([x, y], loop("i", 4, body)),
        function([x, y], unrolled("i", 4, body)),
    ):
        check(nest, [values, np.zeros(4 * lanes, dtype(kind).numpy)])


def test_a_choice_by_lane_reads_only_the_lanes_it_takes() -> None:
    x, y = buffer("x", [16]), buffer("y", [20])
    at = b.ramp(const(0), 1, 20)
    inside = b.and_(b.le(b.broadcast(const(2), 20), at), b.lt(at, b.broadcast(const(18), 20)))
    padded = b.select(inside, read(x, at - 2) + 1.0, b.const(-1.0))
    nest = function([x, y], write(y, at, padded))
    _, found = check(nest, [np.arange(16, dtype=np.float32), np.zeros(20, np.float32)])
    assert found.tolist() == [-1, -1, *range(1, 17), -1, -1]


def test_a_scalar_below_a_choice_by_lane_is_read_only_if_a_lane_takes_it() -> None:
    far = 1 << 40  # bytes from any memory of the process
    x, y = buffer("x", [far]), buffer("y", [3, 8])

    def body(i):
        at = b.ramp(const(0), 1, 8)
        scalar = b.broadcast(read(x, i * (far // 2)), 8)
        taken = b.lt(at, b.broadcast(1 - i, 8))
        return write(y, i, at, b.select(taken, scalar, b.const(2.0)))

    nest = function([x, y], loop("i", 3, body))
    arrays = [np.full(4, 7.0, np.float32), np.zeros((3, 8), np.float32)]
    run(compiled(nest), nest, arrays)
    assert arrays[1].tolist() == [[7.0] + [2.0] * 7, [2.0] * 8, [2.0] * 8]


def test_a_scalar_choice_jumps_over_the_other_branch() -> None:
    far = 1 << 40
    x, y = buffer("x", [far]), buffer("y", [6])
    nest = function(
        [x, y],
        loop("i", 6, lambda i: write(y, i, b.select(i < 1, read(x, i * far), b.const(3.0)))),
    )
    arrays = [np.full(1, 7.0, np.float32), np.zeros(6, np.float32)]
    run(compiled(nest), nest, arrays)
    assert arrays[1].tolist() == [7.0, 3.0, 3.0, 3.0, 3.0, 3.0]


def test_nested_choices_of_vectors_with_offsets_before_the_buffer() -> None:
    x, y = buffer("x", [4, 10]), buffer("y", [6, 12])

    def body(i):
        at = b.ramp(const(0), 1, 12)
        row = b.and_(b.le(const(1), i), b.lt(i, const(5)))
        column = b.and_(b.le(b.broadcast(const(1), 12), at), b.lt(at, b.broadcast(const(11), 12)))
        value = b.select(row, b.select(column, read(x, i - 1, at - 1), b.const(0.0)), b.const(0.0))
        return write(y, i, at, value)

    arrays = [samples("float32", 40).reshape(4, 10), np.zeros((6, 12), np.float32)]
    _, found = check(function([x, y], loop("i", 6, body)), arrays)
    np.testing.assert_array_equal(found, np.pad(arrays[0], 1))
    check(function([x, y], unrolled("i", 6, body)), arrays)


def test_a_load_after_a_store_sees_it() -> None:
    x = buffer("x", [40])
    at = b.ramp(const(0), 1, 8)

    def body(i):
        return block(
            write(x, at, read(x, at) + 1.0),
            write(x, i + 4, read(x, i + 4) * 2.0),
            write(x, at + 8, read(x, at) + read(x, at + 8)),
        )

    for made in (loop, unrolled):
        check(function([x], made("i", 5, body)), [np.arange(40, dtype=np.float32)])


def test_a_zero_dimensional_buffer() -> None:
    x, total = buffer("x", [10]), buffer("s", [])
    body = loop("i", 10, lambda i: write(total, read(total) + read(x, i)))
    check(function([x, total], body), [np.arange(10, dtype=np.float32), np.zeros(1, np.float32)])


@pytest.mark.parametrize("kind", ["float32", "float64", "int32", "int8", "float16"])
@pytest.mark.parametrize("is_laid_out", [True, False])
def test_an_element_in_every_lane(
    kind: str, is_laid_out: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autosched.codegen.llvm.emit.is_laid_out", lambda *nest: is_laid_out)
    x, y = buffer("x", [24], kind), buffer("y", [24], kind)
    at = b.ramp(const(0), 1, 8)

    def body(i):
        before = b.broadcast(read(x, i), 8)
        twice = write(y, at + i * 8, before + before + b.broadcast(read(y, i), 8))
        return block(twice, write(y, i, read(x, i + 1)), write(y, at, b.broadcast(read(y, i), 8)))

    nest = function([x, y], loop("i", 3, body))
    assert ("load <1 x" in emit(nest, target=Target.host())) == is_laid_out
    check(nest, [samples(kind, 24, high=10), samples(kind, 24, 1, high=10)])
