"""Intrinsics of the IR on scalars and vectors."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.errors import CodegenError
from autosched.ir import build as b
from autosched.ir.expr import Call
from autosched.ir.intrinsics import INTRINSICS
from autosched.ir.stmt import block
from tests.codegen.llvm.harness import (
    buffer,
    check,
    compiled,
    function,
    loop,
    read,
    samples,
    write,
)
from tests.codegen.llvm.values.test_arithmetic import elementwise

UNARY = sorted(
    name
    for name, intrinsic in INTRINSICS.items()
    if intrinsic.arity == 1
    and intrinsic.operands in ("float", "number")
    and name != "isnan"
    and not intrinsic.across_lanes
)
POSITIVE = {"log", "log2", "log1p", "sqrt", "rsqrt"}


@pytest.mark.parametrize("lanes", [1, 7, 12])
@pytest.mark.parametrize("kind", ["float32", "float64", "float16", "bfloat16"])
def test_every_function_of_one_float(kind: str, lanes: int) -> None:
    operations = {name: lambda x, y, name=name: b.call(name, x) for name in UNARY}
    operations["pow"] = lambda x, y: b.call("pow", b.call("abs", x), b.const(1.5, x.dtype.scalar))
    if lanes > 1:
        operations["pow"] = lambda x, y: b.power(b.call("abs", x), 1.5)
    nest, arrays = elementwise(kind, lanes, operations)
    values = np.linspace(0.05, 4.0, 84, dtype=np.float32)
    arrays[0][:] = (values.view(np.uint32) >> 16) if kind == "bfloat16" else values
    check(nest, arrays, rtol={"float64": 1e-12, "float32": 2e-6}.get(kind, 1e-2))


@pytest.mark.parametrize("lanes", [1, 12])
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_special_values(kind: str, lanes: int) -> None:
    names = ["sqrt", "rsqrt", "floor", "ceil", "round", "abs", "exp", "log", "tanh", "sigmoid"]
    operations = {name: lambda x, y, name=name: b.call(name, x) for name in names}
    nest, arrays = elementwise(kind, lanes, operations, count=12)
    arrays[0][:] = [np.nan, np.inf, -np.inf, 0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -0.5, 1e-30, 700]
    check(nest, arrays, rtol=1e-6)


@pytest.mark.parametrize("lanes", [1, 12])
def test_isnan(lanes: int) -> None:
    nest, arrays = elementwise("float32", lanes, {"r": lambda x, y: b.call("isnan", x)}, "bool")
    arrays[0][::5] = np.nan
    check(nest, arrays)


def test_any_lane() -> None:
    x, y = buffer("x", [4, 12], "float32"), buffer("y", [4], "bool")

    def body(i):
        row = read(x, i, b.ramp(b.const(0), 1, 12))
        return write(y, i, b.call("any_lane", row < 0.0))

    values = np.ones((4, 12), np.float32)
    values[2, 11] = -1
    _, found = check(function([x, y], loop("i", 4, body)), [values, np.zeros(4, bool)])
    assert found.tolist() == [False, False, True, False]


@pytest.mark.parametrize("kind", ["float32", "float64", "float16", "bfloat16"])
def test_floats_across_lanes(kind: str) -> None:
    across_lanes(kind, 12, {"float64": 1e-12, "float32": 2e-6}.get(kind, 1e-2))


@pytest.mark.parametrize("kind", ["int8", "uint8", "int32", "uint64"])
def test_integers_across_lanes(kind: str) -> None:
    across_lanes(kind, 12, 0)


def across_lanes(kind: str, lanes: int, rtol: float) -> None:
    names = ["sum_lanes", "prod_lanes", "min_lanes", "max_lanes"]
    x, y = buffer("x", [4, lanes], kind), buffer("y", [4, 4], kind)

    def body(i):
        row = read(x, i, b.ramp(b.const(0), 1, lanes))
        return block(*(write(y, i, n, b.call(name, row)) for n, name in enumerate(names)))

    values = samples(kind, 4 * lanes, low=-3, high=4)
    check(function([x, y], loop("i", 4, body)), [values, samples(kind, 16)], rtol=rtol)


def test_the_least_and_greatest_lane_are_nan_where_one_is() -> None:
    x, y = buffer("x", [12]), buffer("y", [2])
    row = read(x, b.ramp(b.const(0), 1, 12))
    stores = (write(y, 0, b.call("min_lanes", row)), write(y, 1, b.call("max_lanes", row)))
    values = np.arange(12, dtype=np.float32)
    values[7] = np.nan
    _, found = check(function([x, y], block(*stores)), [values, np.zeros(2, np.float32)])
    assert np.isnan(found).all()


def test_an_unknown_function_is_refused() -> None:
    x = buffer("x", [4])
    nest = function([x], loop("i", 4, lambda i: write(x, i, Call("gamma", (read(x, i),), x.dtype))))
    with pytest.raises(CodegenError, match="gamma"):
        compiled(nest)
