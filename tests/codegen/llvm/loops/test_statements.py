"""Loops, conditions, storage and threads."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest

from autosched import te
from autosched.building import build_schedule
from autosched.codegen.llvm.emit import emit
from autosched.codegen.llvm.state.module import CodegenOptions
from autosched.codegen.llvm.symbols import PARALLEL_SYMBOL
from autosched.errors import CodegenError, InternalError
from autosched.ir import build as b
from autosched.ir.stmt import Allocate, For, If, LoopKind, block
from autosched.schedule.schedule import create_schedule
from autosched.target.target import Target
from tests.codegen.llvm.harness import (
    buffer,
    check,
    compiled,
    const,
    function,
    loop,
    read,
    samples,
    unrolled,
    var,
    write,
)

PARALLEL = LoopKind.PARALLEL


@pytest.mark.parametrize("kind", [LoopKind.SERIAL, LoopKind.UNROLLED, PARALLEL])
@pytest.mark.parametrize(("start", "extent"), [(0, 5), (2, 1), (-3, 4), (1, 0), (0, -2)])
def test_loops_from_anywhere(start: int, extent: int, kind: LoopKind) -> None:
    y, i = buffer("y", [8]), var("i")
    body = write(y, i + 3, b.cast(i * 10, "float32"))
    nest = function([y], For(i, const(start), const(extent), kind, body))
    check(nest, [np.zeros(8, np.float32)], options=CodegenOptions(threads=2))


@pytest.mark.parametrize("size", [0, 1, 2, 7])
@pytest.mark.parametrize("kind", [LoopKind.SERIAL, PARALLEL])
def test_loops_of_symbolic_extent(size: int, kind: LoopKind) -> None:
    n = var("n")
    x, y = buffer("x", [n, n]), buffer("y", [n, n])
    triangle = loop(
        "i",
        n,
        lambda i: For(j := var("j"), i, n - i, LoopKind.SERIAL, write(y, j, i, read(x, i, j))),
        kind,
    )
    arrays = [samples("float32", max(size * size, 4)), np.zeros(max(size * size, 1), np.float32)]
    arrays = [array[: size * size].reshape(size, size) for array in arrays]
    check(function([x, y], triangle, [n]), arrays, [size], options=CodegenOptions(threads=3))


def test_conditions() -> None:
    y = buffer("y", [12])

    def body(i):
        return block(
            If(i < 4, write(y, i, b.const(1.0)), write(y, i, b.const(2.0))),
            If(b.floormod(i, 3).equal(0), write(y, i, read(y, i) + 10.0)),
        )

    for made in (loop, unrolled):
        check(function([y], made("i", 12, body)), [np.zeros(12, np.float32)])


def test_conditions_that_are_known_leave_no_trace() -> None:
    y = buffer("y", [4])
    nest = function([y], unrolled("i", 4, lambda i: If(i < 2, write(y, i, b.const(1.0)))))
    text = emit(nest, target=Target.host())
    assert text.count("store") == 2
    assert "icmp" not in text


def test_an_index_below_zero_in_an_unrolled_division() -> None:
    y = buffer("y", [9], "int64")
    nest = function(
        [y],
        For(
            i := var("i"),
            const(-4),
            const(9),
            LoopKind.SERIAL,
            write(y, i + 4, b.floordiv(i, 3) * 100 + b.floormod(i, 3)),
        ),
    )
    check(nest, [np.zeros(9, np.int64)])


def accumulate(scope: str, size: int, kind: LoopKind) -> tuple:
    """Row sums through a buffer of `size` elements that lives inside the outer loop."""
    x, y, t = buffer("x", [5, 8]), buffer("y", [5]), buffer("t", [size], scope=scope)

    def row(i):
        body = block(
            loop("j", size, lambda j: write(t, j, b.const(0.0))),
            loop("j", 8, lambda j: write(t, j, read(t, j) + read(x, i, j))),
            write(y, i, b.const(0.0)),
            loop("j", 8, lambda j: write(y, i, read(y, i) + read(t, j))),
        )
        return Allocate(t, body)

    return function([x, y], loop("i", 5, row, kind)), [
        samples("float32", 40, low=-8, high=8).reshape(5, 8),
        np.zeros(5, np.float32),
    ]


@pytest.mark.parametrize("kind", [LoopKind.SERIAL, LoopKind.UNROLLED, PARALLEL])
@pytest.mark.parametrize(
    ("scope", "size", "where"),
    [("local", 8, "alloca"), ("global", 8, "alloca"), ("global", 40000, "call noalias")],
)
def test_local_buffers(scope: str, size: int, where: str, kind: LoopKind) -> None:
    nest, arrays = accumulate(scope, size, kind)
    options = CodegenOptions(threads=2)
    check(nest, arrays, options=options, rtol=1e-5)
    text = emit(nest, target=Target.host(), options=options)
    assert f"= {where}" in text


def test_a_buffer_whose_size_is_a_size_is_allocated_once() -> None:
    n = var("n")
    x, y, t = buffer("x", [n]), buffer("y", [n]), buffer("t", [n])

    def again(i):
        copies = block(
            loop("j", n, lambda j: write(t, j, read(x, j) * 2.0)),
            loop("j", n, lambda j: write(y, j, read(t, j) + 1.0)),
        )
        return Allocate(t, copies)

    nest = function([x, y], loop("i", 3, again), [n])
    arrays = [np.arange(6, dtype=np.float32), np.zeros(6, np.float32)]
    check(nest, arrays, [6])
    text = emit(nest, target=Target.host())
    assert text.index("workspace.take(ptr @kernel") < text.index("body:")


def test_a_buffer_whose_size_varies_lives_as_long_as_its_statement() -> None:
    x, y = buffer("x", [6]), buffer("y", [6])

    def row(i):
        t = buffer("t", [i + 1])
        body = block(
            loop("j", i + 1, lambda j: write(t, j, read(x, j))),
            write(y, i, b.const(0.0)),
            loop("j", i + 1, lambda j: write(y, i, read(y, i) + read(t, j))),
        )
        return Allocate(t, body)

    nest = function([x, y], loop("i", 6, row))
    check(nest, [np.arange(6, dtype=np.float32), np.zeros(6, np.float32)], rtol=1e-6)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_parallel_loops_share_what_is_around_them(threads: int) -> None:
    n = var("n")
    x, y, t = buffer("x", [n, 16]), buffer("y", [3, n]), buffer("t", [16])
    lanes = b.ramp(const(0), 1, 16)

    def outer(k):
        scale = write(t, lanes, b.broadcast(b.cast(k, "float32"), 16))

        def row(i):
            product = lambda j: read(x, i, j) * read(t, j)  # noqa: E731
            add = loop("j", 16, lambda j: write(y, k, i, read(y, k, i) + product(j)))
            return block(write(y, k, i, b.const(0.0)), add)

        return Allocate(t, block(scale, loop("i", n, row, PARALLEL)))

    nest = function([x, y], loop("k", 3, outer), [n])
    arrays = [samples("float32", 112).reshape(7, 16), np.zeros((3, 7), np.float32)]
    check(nest, arrays, [7], options=CodegenOptions(threads=threads), rtol=1e-5)


def test_a_parallel_loop_in_a_parallel_loop_is_serial() -> None:
    y = buffer("y", [4, 4])
    inner = lambda i: loop("j", 4, lambda j: write(y, i, j, b.cast(i - j, "float32")), PARALLEL)  # noqa: E731
    nest = function([y], loop("i", 4, inner, PARALLEL))
    options = CodegenOptions(threads=2)
    check(nest, [np.zeros((4, 4), np.float32)], options=options)
    assert (
        emit(nest, target=Target.host(), options=options).count(f'call void @"{PARALLEL_SYMBOL}"')
        == 1
    )


def test_vectorized_loops_are_refused() -> None:
    y = buffer("y", [4])
    nest = function([y], loop("i", 4, lambda i: write(y, i, b.const(0.0)), LoopKind.VECTORIZED))
    with pytest.raises(CodegenError, match="no vectorized loops"):
        compiled(nest)


def test_an_unrolled_loop_of_symbolic_extent_is_refused() -> None:
    n, y = var("n"), buffer("y", [4])
    nest = function([y], loop("i", n, lambda i: write(y, i, b.const(0.0)), LoopKind.UNROLLED), [n])
    with pytest.raises(CodegenError, match="constant extent"):
        compiled(nest)


def test_a_variable_from_nowhere_is_refused() -> None:
    y = buffer("y", [4])
    with pytest.raises(InternalError, match="stray"):
        compiled(function([y], write(y, var("stray"), b.const(0.0))))


@pytest.mark.parametrize("in_parallel", [False, True])
def test_a_product_of_an_axis_that_wraps_is_divided_as_what_it_became(in_parallel):
    A = te.placeholder((64,), name="A")
    B = te.compute((64,), lambda i: A[(prod([i] * 12) // 3) % 61], name="B")
    schedule = create_schedule(B)
    if in_parallel:
        schedule[B].parallel(schedule[B].leaves[0])
    given, found = np.arange(64, dtype=np.float32), np.empty(64, np.float32)
    build_schedule(schedule, [A, B], Target.host(), threads=2)(given, found)
    powers = [(value**12 + (1 << 63)) % (1 << 64) - (1 << 63) for value in range(64)]
    assert min(powers) < 0
    np.testing.assert_array_equal(found, [power // 3 % 61 for power in powers])
