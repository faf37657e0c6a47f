"""Every operation on every dtype, with lane counts that no machine has, against the interpreter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autosched.codegen.llvm.emit import emit
from autosched.ir import build as b
from autosched.ir.dtype import dtype
from autosched.ir.stmt import block
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
    write,
)

FLOATS = ["float16", "bfloat16", "float32", "float64"]
INTS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]

NUMERIC = {
    "add": b.add,
    "sub": b.sub,
    "mul": b.mul,
    "min": b.minimum,
    "max": b.maximum,
    "floordiv": b.floordiv,
    "floormod": b.floormod,
    "by_three": lambda x, y: b.floordiv(x, 3) + b.floormod(x, 3),
    "by_eight": lambda x, y: b.floordiv(x, 8) + b.floormod(x, 8),
    "select": lambda x, y: b.select(x < y, x, y + 1),
}
INTEGER = {
    "and": b.bitand,
    "or": b.bitor,
    "xor": b.bitxor,
    "invert": lambda x, y: b.invert(x),
    "left": lambda x, y: b.shift_left(x, 3),
    "right": lambda x, y: b.shift_right(x, 2),
    "popcount": lambda x, y: b.call("popcount", x),
    "abs": lambda x, y: b.call("abs", x),
}
SIGNED_ONLY = {
    "by_minus_three": lambda x, y: b.floordiv(x, -3) + b.floormod(x, -3),
    "by_minus_one": lambda x, y: b.floordiv(x, -1) + b.floormod(x, -1),
}
COMPARISONS = {"eq": b.eq, "ne": b.ne, "lt": b.lt, "le": b.le}


def elementwise(kind: str, lanes: int, operations: dict, result: str | None = None, count=84):
    """One output per operation of `x` and `y`, `lanes` elements at a time."""
    x, y = buffer("x", [count], kind), buffer("y", [count], kind)
    outputs = [buffer(name, [count], result or kind) for name in operations]

    def body(i):
        at = b.ramp(i * lanes, 1, lanes)
        values = read(x, at), read(y, at)
        stores = zip(outputs, operations.values(), strict=True)
        return block(*(write(output, at, made(*values)) for output, made in stores))

    nest = function([x, y, *outputs], loop("i", count // lanes, body), outputs=len(outputs))
    arrays = [samples(kind, count, 1), samples(kind, count, 2)]
    return nest, arrays + [np.zeros(count, output.dtype.numpy) for output in outputs]


def nonzero(arrays: list[np.ndarray]) -> list[np.ndarray]:
    arrays[1][arrays[1] == 0] = 3
    return arrays


@pytest.mark.parametrize("lanes", [1, 7, 12])
@pytest.mark.parametrize("kind", INTS)
def test_integers(kind: str, lanes: int) -> None:
    operations = NUMERIC | INTEGER | (SIGNED_ONLY if kind[0] == "i" else {})
    nest, arrays = elementwise(kind, lanes, operations)
    check(nest, nonzero(arrays))


@pytest.mark.parametrize("lanes", [1, 7])
@pytest.mark.parametrize("kind", ["int32", "uint16"])
def test_division_by_zero_is_zero_and_stops_nothing(kind: str, lanes: int) -> None:
    operations = {"floordiv": b.floordiv, "floormod": b.floormod}
    nest, arrays = elementwise(kind, lanes, operations)
    arrays[1][:] = 0
    run(compiled(nest), nest, arrays)
    assert not arrays[2].any()
    assert not arrays[3].any()


@pytest.mark.parametrize("lanes", [1, 7, 12])
@pytest.mark.parametrize("kind", FLOATS)
def test_floats(kind: str, lanes: int) -> None:
    exact = {name: NUMERIC[name] for name in ("min", "max", "floordiv", "floormod", "select")}
    nest, arrays = elementwise(kind, lanes, exact)
    check(nest, arrays)
    rounded = {name: NUMERIC[name] for name in ("add", "sub", "mul")}
    nest, arrays = elementwise(kind, lanes, rounded | {"div": b.div, "fma": lambda x, y: x + x * y})
    check(nest, arrays, rtol={"float64": 1e-12, "float32": 1e-5}.get(kind, 2e-2))


@pytest.mark.parametrize("lanes", [1, 7])
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_floor_division_by_infinities_and_of_large_quotients(kind: str, lanes: int) -> None:
    operations = {"floordiv": b.floordiv, "floormod": b.floormod}
    nest, arrays = elementwise(kind, lanes, operations, count=63)
    inf, nan = np.inf, np.nan
    arrays[0][:] = [1.5, -1.5, inf, -inf, nan, 0.0, 7e4, 453700930.0, -10703202000.0] * 7
    arrays[1][:] = [inf, inf, 2.0, -2.0, 1.0, -3.0, -inf, 56.317787, 1662.0] * 7
    check(nest, arrays)


@pytest.mark.parametrize("lanes", [1, 7, 12])
@pytest.mark.parametrize("kind", [*FLOATS, *INTS])
def test_comparisons(kind: str, lanes: int) -> None:
    nest, arrays = elementwise(kind, lanes, COMPARISONS, "bool")
    arrays[1][::3] = arrays[0][::3]
    check(nest, arrays)


@pytest.mark.parametrize("lanes", [1, 7, 12])
def test_bools(lanes: int) -> None:
    operations = {
        "and": b.and_,
        "or": b.or_,
        "not": lambda x, y: b.not_(x),
        "eq": b.eq,
        "ne": b.ne,
        "select": lambda x, y: b.select(x, y, b.not_(y)),
    }
    check(*elementwise("bool", lanes, operations))


@pytest.mark.parametrize("kind", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize("lanes", [1, 12])
def test_nan_and_infinity_keep_their_meaning(kind: str, lanes: int) -> None:
    operations = {
        "min": b.minimum,
        "max": b.maximum,
        "add": b.add,
        "mul": b.mul,
        "div": b.div,
    }
    nest, arrays = elementwise(kind, lanes, operations)
    special = np.array([np.nan, np.inf, -np.inf, 0.0, 1.0, -2.0], np.float32)
    if kind == "bfloat16":
        special = (special.view(np.uint32) >> 16).astype(np.uint16)
    pairs = np.array(np.meshgrid(special, special)).reshape(2, -1)
    for array, values in zip(arrays, pairs, strict=False):
        array[: values.size] = values.astype(array.dtype)
    check(nest, arrays, rtol=2e-2)


def test_sizes_of_bfloat16_are_rounded_to_even() -> None:
    x, y = buffer("x", [16], "float32"), buffer("y", [16], "bfloat16")
    at = b.ramp(b.const(0), 1, 16)
    nest = function([x, y], write(y, at, b.cast(read(x, at), "bfloat16")))
    check(nest, [np.linspace(0.1, 300, 16, dtype=np.float32), np.zeros(16, np.uint16)])


@pytest.mark.parametrize("source", [*FLOATS, *INTS, "bool"])
def test_casts(source: str) -> None:
    targets = [*FLOATS, *INTS, "bool"]
    x = buffer("x", [24], source)
    outputs = [buffer(f"to_{target}", [24], target) for target in targets]

    def body(i):
        at = b.ramp(i * 12, 1, 12)
        return block(*(write(out, at, b.cast(read(x, at), out.dtype)) for out in outputs))

    nest = function([x, *outputs], loop("i", 2, body), outputs=len(outputs))
    values = samples(source, 24)
    check(nest, [values, *(np.zeros(24, output.dtype.numpy) for output in outputs)])


@pytest.mark.parametrize("lanes", [1, 7, 16])
@pytest.mark.parametrize("source", FLOATS)
def test_floats_that_no_integer_holds_become_the_nearest(source: str, lanes: int) -> None:
    special = [
        np.nan,
        np.inf,
        -np.inf,
        -0.9,
        255.9,
        -1.0,
        3e4,
        -3e4,
        3e9,
        5e9,
        1e19,
        -1e19,
        2.0**63,
    ]
    special += [127.5, -128.5, 2.0**31, -(2.0**31), 2.0**64, 1e-40]
    count = lanes * (len(special) // lanes + 1)
    x = buffer("x", [count], source)
    outputs = [buffer(f"to_{kind}", [count], kind) for kind in INTS]

    def body(i):
        at = b.ramp(i * lanes, 1, lanes)
        return block(*(write(out, at, b.cast(read(x, at), out.dtype)) for out in outputs))

    nest = function([x, *outputs], loop("i", count // lanes, body), outputs=len(outputs))
    with np.errstate(over="ignore"):
        values = np.resize(special, count).astype(np.float32 if source == "bfloat16" else source)
    if source == "bfloat16":
        values = (values.view(np.uint32) >> 16).astype(np.uint16)
    found = check(nest, [values, *(np.zeros(count, output.dtype.numpy) for output in outputs)])
    for array in found[1:]:
        limits = np.iinfo(array.dtype)
        assert array[:3].tolist() == [0, limits.max, limits.min]


WIDE = replace(
    Target.host(),
    features=Target.host().features.replace("+avx512fp16", "-avx512fp16"),
)
"""This machine without a conversion from float64 to float16."""


@pytest.mark.parametrize("target", [Target.host(), WIDE], ids=["own", "by way of float32"])
@pytest.mark.parametrize("lanes", [1, 7, 16])
@pytest.mark.parametrize("narrow", ["float16", "bfloat16"])
@pytest.mark.parametrize("source", ["float64", "int32", "int64", "uint64"])
def test_a_conversion_to_16_bits_rounds_once(
    source: str, narrow: str, lanes: int, target: Target
) -> None:
    # Just above, at and just below what lies halfway between two numbers of 16 bits.
    bits = {"float16": 11, "bfloat16": 8}[narrow]
    base = 1 << {"int32": 30, "int64": 62, "uint64": 63}.get(source, 10)
    if source == "float64":
        half = 2.0 ** (10 - bits)
        halves = [base + half + k * 2.0 * half for k in range(8)]
        values = [h + d for h in halves for d in (-(2.0**-40), 0.0, 2.0**-40)]
        values += [-v for v in values] + [1e300, 2.0**-1000, np.nan, 65520.0, 65519.999999]
    else:
        half = base >> bits
        halves = [base + half + k * 2 * half for k in range(8)]
        values = [h + d for h in halves for d in (-1, 0, 1)]
    count = lanes * (len(values) // lanes + 1)
    x, y = buffer("x", [count], source), buffer("y", [count], narrow)

    def body(i):
        at = b.ramp(i * lanes, 1, lanes)
        return write(y, at, b.cast(read(x, at), narrow))

    nest = function([x, y], loop("i", count // lanes, body))
    array = np.array((values * count)[:count], source)
    check(nest, [array, np.zeros(count, y.dtype.numpy)], target=target)


@pytest.mark.parametrize("lanes", [1, 7])
@pytest.mark.parametrize("kind", INTS)
def test_shifts_beyond_the_width(kind: str, lanes: int) -> None:
    nest, arrays = elementwise(kind, lanes, {"left": b.shift_left, "right": b.shift_right})
    width = dtype(kind).bits
    amounts = [0, 1, width - 1, width, width + 1, 100]
    amounts += [-1, -width] if dtype(kind).kind == "int" else [255]
    arrays[1][:] = np.resize(amounts, arrays[1].size)
    check(nest, arrays)


@pytest.mark.parametrize("converts", [True, False])
@pytest.mark.parametrize("lanes", [1, 12])
def test_half_floats_without_instructions_for_them(lanes: int, converts: bool) -> None:
    lacking = {"+avx512bf16", "+avx512fp16", *(() if converts else ("+f16c",))}
    host = Target.host()
    features = ",".join(f for f in host.features.split(",") if f not in lacking)
    target = replace(host, cpu="x86-64", features=features)
    for kind in ("bfloat16", "float16"):
        operations = {"min": b.minimum, "wide": lambda x, y: b.cast(b.cast(x, "float64"), x.dtype)}
        nest, arrays = elementwise(kind, lanes, operations)
        arrays[0][3] = 0x7F81 if kind == "bfloat16" else np.nan
        check(nest, arrays, target=target)


def test_a_value_is_negated_once() -> None:
    x, y = buffer("x", [8]), buffer("y", [3, 8])
    lanes = b.ramp(const(0), 1, 8)
    value = read(x, lanes)
    rows = [write(y, row, lanes, b.sub(1.0, b.mul(value, float(row + 2)))) for row in range(3)]
    nest = function([x, y], block(*rows))
    assert emit(nest, target=Target.host()).count("fneg") == 1
    check(nest, [samples("float32", 8), np.zeros(24, np.float32)])
