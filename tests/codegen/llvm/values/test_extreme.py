"""The lesser and the greater of floats of 16 bits, for every pattern beside those at the ends."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import numpy as np
import pytest

from autosched.codegen.llvm.emit import emit
from autosched.ir import build as b
from autosched.ir.dtype import dtype
from autosched.ir.stmt import block
from autosched.target.target import Target
from tests.codegen.llvm.harness import (
    as_floats,
    buffer,
    check,
    compiled,
    function,
    loop,
    read,
    run,
    write,
)

KINDS = ["bfloat16", "float16"]
INFINITY = {"bfloat16": 0x7F80, "float16": 0x7C00}
HOST = Target.host()
OLD = Target("cpu", "x86-64", "+sse2", 128, 1, 1, 1, 1, HOST.triple)


def every(lanes: int) -> np.ndarray:
    """All patterns, as many as are a multiple of the lanes."""
    return np.resize(np.arange(1 << 16, dtype=np.uint16), -(-(1 << 16) // lanes) * lanes)


def partners(kind: str) -> list[int]:
    """Zeros, the least and greatest numbers of each sign, one, infinities, and NaN of each end."""
    infinity = INFINITY[kind]
    ends = [0, 1, infinity - 1, infinity, infinity + 1, 0x7FFF, 0x3C00, 0x3F80]
    return [sign | pattern for pattern in ends for sign in (0, 0x8000)]


def floats(patterns: np.ndarray, kind: str) -> np.ndarray:
    return as_floats(patterns.view(dtype(kind).numpy), dtype(kind)).astype(np.float32)


def nest_of(kind: str, lanes: int, result: str, *operations):
    """Outputs of `operations` on `x` and `y`, so many lanes at a time."""
    size = every(lanes).size
    x, y = buffer("x", [size], kind), buffer("y", [size], kind)
    outputs = [buffer(f"z{n}", [size], result) for n in range(len(operations))]

    def body(i):
        at = b.ramp(i * lanes, 1, lanes) if lanes > 1 else i
        values = read(x, at), read(y, at)
        return block(
            *(write(z, at, made(*values)) for z, made in zip(outputs, operations, strict=True))
        )

    return function([x, y, *outputs], loop("i", size // lanes, body), outputs=len(outputs))


@pytest.mark.parametrize("target", [HOST, OLD], ids=["own", "old"])
@pytest.mark.parametrize("lanes", [1, 12, 16])
@pytest.mark.parametrize("kind", KINDS)
def test_every_pattern_beside_those_at_the_ends(kind: str, lanes: int, target: Target) -> None:
    nest = nest_of(kind, lanes, kind, b.minimum, b.maximum)
    module = compiled(nest, target=target)
    x = every(lanes)
    others = [np.full_like(x, partner) for partner in partners(kind)]
    for y in (*others, np.random.default_rng(0).permutation(x)):
        least, greatest = np.zeros_like(x), np.zeros_like(x)
        run(module, nest, [x, y, least, greatest])
        a, c = floats(x, kind), floats(y, kind)
        np.testing.assert_array_equal(floats(least, kind), np.minimum(a, c))
        np.testing.assert_array_equal(floats(greatest, kind), np.maximum(a, c))


@pytest.mark.parametrize("lanes", [1, 12])
@pytest.mark.parametrize("kind", KINDS)
def test_every_pattern_beside_constants(kind: str, lanes: int) -> None:
    def clipped(x, _):
        return b.maximum(-1.5, b.minimum(x, 6.0))

    nest = nest_of(kind, lanes, kind, lambda x, _: b.maximum(x, 0.0), clipped)
    x = every(lanes)
    relu, clip = np.zeros_like(x), np.zeros_like(x)
    run(compiled(nest), nest, [x, x.copy(), relu, clip])
    np.testing.assert_array_equal(floats(relu, kind), np.maximum(floats(x, kind), 0))
    np.testing.assert_array_equal(floats(clip, kind), np.clip(floats(x, kind), -1.5, 6))


WIDENED = [
    b.maximum,
    lambda x, y: b.maximum(b.minimum(x, y), 0.5),
    lambda x, y: reduce(b.minimum, [x, y, b.maximum(x, 1.0), b.maximum(y, 2.0)]),
]


@pytest.mark.parametrize("target", [HOST, OLD], ids=["own", "old"])
@pytest.mark.parametrize("lanes", [1, 12])
@pytest.mark.parametrize("kind", KINDS)
def test_every_pattern_where_the_result_is_widened(kind: str, lanes: int, target: Target) -> None:
    def wide(made):
        return lambda x, y: b.cast(made(x, y), "float32")

    nest = nest_of(kind, lanes, "float32", *map(wide, WIDENED))
    x = every(lanes)
    y = np.random.default_rng(1).permutation(x)
    y[: len(partners(kind))] = partners(kind)
    found = [np.zeros(x.size, np.float32) for _ in WIDENED]
    run(compiled(nest, target=target), nest, [x, y, *found])
    p, q = floats(x, kind), floats(y, kind)
    least = np.minimum(p, q)
    both = np.minimum(np.minimum(least, np.maximum(p, 1)), np.maximum(q, 2))
    for got, want in zip(found, [np.maximum(p, q), np.maximum(least, 0.5), both], strict=True):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_that_is_stored_and_widened(kind: str) -> None:
    x, y, z = buffer("x", [16], kind), buffer("y", [16], kind), buffer("z", [16], "float32")
    at = b.ramp(b.const(0), 1, 16)
    chosen = b.maximum(read(x, at), 0.0)
    nest = function(
        [x, y, z], block(write(y, at, chosen), write(z, at, b.cast(chosen, "float32"))), outputs=2
    )
    values = np.random.default_rng(2).integers(0, 1 << 16, 16).astype(np.uint16)
    arrays = [values.view(x.dtype.numpy), np.zeros(16, x.dtype.numpy), np.zeros(16, np.float32)]
    check(nest, arrays)


def of_values(kind: str, count: int, result: str):
    """The greatest of so many vectors, stored as `result`."""
    x, y = buffer("x", [count, 16], kind), buffer("y", [16], result)
    at = b.ramp(b.const(0), 1, 16)
    greatest = reduce(b.maximum, (read(x, n, at) for n in range(count)))
    return function([x, y], write(y, at, b.cast(greatest, result)))


def test_a_few_values_are_widened_and_the_greatest_of_more() -> None:
    for kind in KINDS:
        target = replace(HOST, features="+avx2,+f16c")
        assert "maximum" in emit(of_values(kind, 3, "float32"), target=target)
        assert "maximum" not in emit(of_values(kind, 4, "float32"), target=target)


def test_the_greatest_of_thousands_of_values_is_widened() -> None:
    text = emit(of_values("bfloat16", 3000, "float32"), target=HOST)
    assert text.count("call <16 x i16> @llvm.umax") == 2999


def of_rounded(kind: str, lanes: int, size: int):
    """Extremes of float32 that are rounded: two, one and a constant, two constants, and a load."""
    a, c = buffer("a", [size]), buffer("c", [size])
    loads = buffer("x", [size], kind)
    outputs = [buffer(f"z{n}", [size], kind) for n in range(4)]

    def body(i):
        at = b.ramp(i * lanes, 1, lanes) if lanes > 1 else i
        p, q = (b.cast(read(each, at), kind) for each in (a, c))
        clipped = b.minimum(b.maximum(p, -1.5), 6.0)
        values = b.maximum(p, q), b.maximum(0.0, p), clipped, b.minimum(p, read(loads, at))
        return block(*(write(z, at, value) for z, value in zip(outputs, values, strict=True)))

    return function([a, c, loads, *outputs], loop("i", size // lanes, body), outputs=4)


@pytest.mark.parametrize("target", [HOST, OLD], ids=["own", "old"])
@pytest.mark.parametrize("lanes", [1, 12, 16])
@pytest.mark.parametrize("kind", KINDS)
def test_floats_that_were_rounded(kind: str, lanes: int, target: Target) -> None:
    size = 48 * 50
    nest = of_rounded(kind, lanes, size)
    kept, rng = nest.params[2].dtype.numpy, np.random.default_rng(4)
    patterns = rng.integers(0, 1 << 32, (2, size), np.uint32)
    step = 16 if kind == "bfloat16" else 13
    patterns[:, ::3] = patterns[:, ::3] >> step << step | 1 << (step - 1)  # ties
    a, c = patterns.view(np.float32)
    ends = [0.0, -0.0, np.inf, -np.inf, np.nan, 65519.0, 65520.0, 3.4e38, 1e-45, -1e-45]
    a[: len(ends)] = ends
    c[: len(ends)] = ends[::-1]
    a[len(ends) : 900] = rng.uniform(-9, 9, 900 - len(ends))
    x = rng.integers(0, 1 << 16, size).astype(np.uint16).view(kept)
    check(nest, [a, c, x, *(np.zeros(size, kept) for _ in range(4))], target=target)


@pytest.mark.parametrize("kind", KINDS)
def test_floats_are_compared_before_they_are_rounded(kind: str) -> None:
    text = emit(of_rounded(kind, 16, 16), target=replace(HOST, features="+avx2,+f16c"))
    assert text.count("call nsz <16 x float> @llvm.maximum") == 3
    assert text.count("call nsz <16 x float> @llvm.minimum") == 1
    assert text.count("call <16 x i16> @llvm.umin") == 1  # beside a load
    assert "umax" not in text


def test_values_are_compared_as_integers_where_the_target_has_no_instructions() -> None:
    for features, kind, by_integers in (
        ("+avx512f,+avx512fp16", "float16", False),
        ("+avx512f,+avx512fp16", "bfloat16", True),
        ("+avx2,+f16c", "float16", True),
    ):
        text = emit(of_values(kind, 2, kind), target=replace(HOST, features=features))
        assert ("umax" in text) == by_integers
        assert ("maximum" in text) != by_integers


@pytest.mark.parametrize("lanes", [3, 7, 12, 16])
@pytest.mark.parametrize("kind", KINDS)
def test_the_least_and_greatest_lane(kind: str, lanes: int) -> None:
    rows = 400
    x, y = buffer("x", [rows, lanes], kind), buffer("y", [rows, 2], kind)

    def body(i):
        row = read(x, i, b.ramp(b.const(0), 1, lanes))
        names = enumerate(("min_lanes", "max_lanes"))
        return block(*(write(y, i, n, b.call(name, row)) for n, name in names))

    values = np.random.default_rng(3).integers(0, 1 << 16, (rows, lanes)).astype(np.uint16)
    infinity = INFINITY[kind]
    values[::2] &= 0x8000 | (infinity - 1)  # no NaN but in three of these rows
    for row, lane in enumerate((0, lanes // 2, lanes - 1)):
        values[2 * row, lane] = infinity + 1 + row
    kept = x.dtype.numpy
    check(
        function([x, y], loop("i", rows, body)),
        [values.view(kept), np.zeros((rows, 2), np.uint16).view(kept)],
    )
