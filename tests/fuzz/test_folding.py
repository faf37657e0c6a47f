"""Constants fold to what is computed without folding: evaluated, interpreted and compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import autosched
from autosched import te
from autosched.ir import build
from autosched.ir.dtype import dtype
from autosched.ir.expr import Expr
from autosched.ir.interpreter import interpret
from autosched.lowering.lower import lower
from autosched.te.dag import inputs as inputs_of
from autosched.te.evaluate import evaluate
from tests.codegen.llvm.harness import as_floats
from tests.properties import examples

FLOATS = ["float16", "bfloat16", "float32", "float64"]
INTS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
KINDS = [*FLOATS, *INTS]

Leaf = tuple[str, float | int]
Formula = Callable[[Sequence[Expr]], Expr]

SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.5,
    3e-39,
    1e-45,
    -7e-40,
    65504.0,
    3e38,
    1e308,
    np.inf,
    -np.inf,
    np.nan,
]


def whole(x: Expr) -> Expr:
    """A value that is no product, so that nothing is contracted, and no negative zero."""
    return te.maximum(x, -x) + te.const(0, x.dtype)


FLOAT_OPERATIONS: list[Callable[[Expr, Expr], Expr]] = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: whole(a * b),
    lambda a, b: a / b,
    lambda a, b: te.minimum(a, b) + te.const(0, a.dtype),
    lambda a, b: te.maximum(a, b) + te.const(0, a.dtype),
    lambda a, b: te.if_then_else(a < b, a, b),
    lambda a, b: te.if_then_else(a <= b, b, a),
    lambda a, b: te.floor(a),
]
INT_OPERATIONS: list[Callable[[Expr, Expr], Expr]] = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a // (b | 1),
    lambda a, b: a % (b | 1),
    lambda a, b: a & b,
    lambda a, b: a | b,
    lambda a, b: a ^ b,
    lambda a, b: ~a,
    lambda a, b: a << (b & (a.dtype.bits - 1)),
    lambda a, b: a >> (b & (a.dtype.bits - 1)),
    te.minimum,
    te.maximum,
    lambda a, b: te.if_then_else(a < b, a, b),
    lambda a, b: te.if_then_else(a.equal(b), a, b),
    lambda a, b: te.abs(a),
]


@st.composite
def leaves(draw: st.DrawFn) -> Leaf:
    kind = draw(st.sampled_from(KINDS))
    if kind in FLOATS:
        value = draw(
            st.one_of(st.sampled_from(SPECIAL), st.floats(-100, 100, width=32), st.floats())
        )
        return kind, build.const(value, kind).value
    low, high = int(dtype(kind).min_value), int(dtype(kind).max_value)
    ends = [low, high, high - 1, low + 1, 0, 1]
    return kind, draw(st.one_of(st.sampled_from(ends), st.integers(low, high)))


@st.composite
def formulas(draw: st.DrawFn) -> tuple[list[Leaf], Formula]:
    """Leaves, and a function that combines expressions of their dtypes."""
    found = draw(st.lists(leaves(), min_size=2, max_size=5))
    number = st.integers(0, 100)
    steps = draw(
        st.lists(st.tuples(number, number, number, st.sampled_from([*KINDS, ""])), max_size=4)
    )

    def formula(given: Sequence[Expr]) -> Expr:
        value = given[0]
        for place, (operation, _, _, kind) in enumerate(steps):
            other = given[(place + 1) % len(given)].astype(value.dtype)
            known = FLOAT_OPERATIONS if value.dtype.is_float else INT_OPERATIONS
            value = known[operation % len(known)](value, other)
            value = value.astype(kind) if kind else value
        return value

    return found, formula


@settings(examples(5), suppress_health_check=list(HealthCheck))
@given(cases=st.lists(formulas(), min_size=16, max_size=16))
def test_constants_fold_to_what_is_computed(cases: list[tuple[list[Leaf], Formula]]) -> None:
    inputs, arrays, folded, computed = [], [], [], []
    for found, formula in cases:
        tensors = []
        for kind, value in found:
            tensors.append(te.placeholder((1,), kind, name=f"x{len(inputs) + len(tensors)}"))
            arrays.append(held(kind, value))
        inputs += tensors
        folded.append(formula([te.const(value, kind) for kind, value in found]))
        computed.append(
            lambda i, formula=formula, tensors=tensors: formula([t[i] for t in tensors])
        )
    outputs = list(te.compute((1,), lambda i: (*folded, *(made(i) for made in computed)), name="y"))
    expected = evaluate(outputs, dict(zip(inputs, arrays, strict=True)))
    schedule = te.create_schedule(outputs)
    found = [np.zeros(1, output.dtype.numpy) for output in outputs]
    read = inputs_of(outputs)
    values = dict(zip(inputs, arrays, strict=True))
    given_arrays = [values[tensor] for tensor in read]
    interpret(lower(schedule, [*read, *outputs]), [*given_arrays, *found])
    check(outputs, expected, found, "interpreted")
    autosched.build(schedule, [*read, *outputs], threads=1)(*given_arrays, *found)
    check(outputs, expected, found, "compiled")
    half = len(cases)
    check(outputs, expected[half:], expected[:half], "folded")


def held(kind: str, value: float | int) -> np.ndarray:
    if kind == "bfloat16":
        return (np.array([value], np.float32).view(np.uint32) >> 16).astype(np.uint16)
    return np.array([value], kind)


def check(
    outputs: Sequence[te.Tensor], want: Sequence[np.ndarray], got: Sequence[np.ndarray], by: str
) -> None:
    for output, a, b in zip(outputs, want, got, strict=False):
        np.testing.assert_array_equal(
            as_floats(b, output.dtype), as_floats(a, output.dtype), err_msg=f"{by} {output.op}"
        )
