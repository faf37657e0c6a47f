"""Float arithmetic is done as it is written: element by element, bit for bit, in every schedule."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autosched
from autosched import te
from autosched.ir.expr import Expr
from autosched.te.evaluate import evaluate
from tests.properties import examples

SIZE = 67


def computed(tensors: Sequence[te.Tensor], arrays: Sequence[np.ndarray], how: str) -> np.ndarray:
    """What the compiled expression gives, its last axis vectorized, unrolled or as it is."""
    output = tensors[-1]
    schedule = te.create_schedule(output)
    axis = output.op.axis[-1]
    if how == "vectorized":
        schedule[output].vectorize(axis)
    elif how == "unrolled":
        schedule[output].unroll(axis)
    kernel = autosched.build(schedule, tensors, threads=1)
    found = np.empty([int(extent.value) for extent in output.shape], output.dtype.numpy)
    kernel(*arrays, found)
    return found


def mapped(function: Callable[..., Expr], arrays: Sequence[np.ndarray]) -> list[te.Tensor]:
    given = [
        te.placeholder(array.shape, array.dtype.name, name=f"x{number}")
        for number, array in enumerate(arrays)
    ]
    shape = arrays[0].shape
    return [*given, te.compute(shape, lambda *i: function(*(x(*i) for x in given)), name="y")]


HOWS = ["serial", "vectorized", "unrolled"]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_a_quotient_is_a_quotient(how: str, kind: str) -> None:
    whole = np.arange(-200, 201)
    values = (whole * 7).astype(kind)
    found = computed(mapped(lambda x: te.floor(x / 7.0), [values]), [values], how)
    np.testing.assert_array_equal(found, whole)


@pytest.mark.parametrize("how", HOWS)
def test_division_by_a_denormal(how: str) -> None:
    values = np.array([0.0, 1e-40, -2e-40, 1.0], np.float32)
    tiny = np.float32(1e-40)
    found = computed(mapped(lambda x: x / float(tiny), [values]), [values], how)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(found, values / tiny)


@pytest.mark.parametrize("how", HOWS)
def test_adding_and_subtracting_a_large_number_rounds(how: str) -> None:
    values = np.linspace(-9, 9, SIZE).astype(np.float32)
    tensors = mapped(lambda x: (x + 12582912.0) - 12582912.0, [values])
    np.testing.assert_array_equal(computed(tensors, [values], how), np.rint(values))


@pytest.mark.parametrize("how", HOWS)
def test_the_error_of_a_sum_is_exact(how: str) -> None:
    rng = np.random.default_rng(5)
    a = (rng.standard_normal(SIZE) * 1e6).astype(np.float32)
    b = rng.standard_normal(SIZE).astype(np.float32)

    def error(x: Expr, y: Expr) -> Expr:
        total = x + y
        virtual = total - x
        return (x - (total - virtual)) + (y - virtual)

    found = computed(mapped(error, [a, b]), [a, b], how)
    exact = a.astype(np.float64) + b - (a + b)
    assert np.any(exact)
    np.testing.assert_array_equal(found, exact.astype(np.float32))


@pytest.mark.parametrize("how", HOWS)
def test_the_difference_of_equal_products_is_zero(how: str) -> None:
    a, b = np.random.default_rng(6).standard_normal((2, SIZE)).astype(np.float32)
    found = computed(mapped(lambda x, y: x * y - y * x, [a, b]), [a, b], how)
    np.testing.assert_array_equal(found, np.zeros(SIZE))


@pytest.mark.parametrize("how", HOWS)
def test_a_compensated_sum_keeps_what_is_lost(how: str) -> None:
    def combine(x: tuple[Expr, Expr], y: tuple[Expr, Expr]) -> tuple[Expr, Expr]:
        total = x[0] + y[0]
        virtual = total - x[0]
        lost = (x[0] - (total - virtual)) + (y[0] - virtual)
        return total, x[1] + y[1] + lost

    reducer = te.comm_reducer(combine, lambda *kinds: tuple(te.const(0, k) for k in kinds))
    length = 40
    rng = np.random.default_rng(7)
    values = (rng.standard_normal((3, length)) * 10.0 ** rng.integers(-6, 7, (3, length))).astype(
        np.float32
    )
    x = te.placeholder(values.shape, name="x")
    k = te.reduce_axis((0, length), name="k")
    zero = te.const(0, "float32")
    total, lost = te.compute((3,), lambda i: reducer((x[i, k], zero), axis=k), name="s")
    schedule = te.create_schedule([total, lost])
    axis = total.op.axis[0]
    if how == "vectorized":
        schedule[total].vectorize(axis)
    elif how == "unrolled":
        schedule[total].unroll(total.op.reduce_axis[0])
    kernel = autosched.build(schedule, [x, total, lost], threads=1)
    sums, errors = np.empty(3, np.float32), np.empty(3, np.float32)
    kernel(values, sums, errors)
    exact = values.astype(np.float64).sum(axis=1)
    assert np.any(sums.astype(np.float64) != exact)
    np.testing.assert_allclose(sums.astype(np.float64) + errors, exact, rtol=1e-12)


@st.composite
def arithmetic(draw: st.DrawFn, depth: int = 4) -> Callable[[Expr, Expr], Expr]:
    """A function of two floats in which no product is added or subtracted."""
    kind = draw(st.sampled_from("xyc+-*/")) if depth else draw(st.sampled_from("xyc"))
    if kind == "x":
        return lambda x, y: x
    if kind == "y":
        return lambda x, y: y
    if kind == "c":
        constant = draw(st.sampled_from([3.0, 7.0, 0.1, 1e8, -1e8, 1e-30, 12582912.0]))
        return lambda x, y: te.const(constant, x.dtype)
    left, right = draw(arithmetic(depth - 1)), draw(arithmetic(depth - 1))
    operation = {
        "+": lambda a, b: te.maximum(a, a) + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: te.abs(a * b),
        "/": lambda a, b: a / b,
    }[kind]
    return lambda x, y: operation(left(x, y), right(x, y))


@examples(12)
@given(functions=st.lists(arithmetic(), min_size=12, max_size=12))
def test_random_arithmetic_is_bit_for_bit_what_it_says(functions: list) -> None:
    rng = np.random.default_rng(8)
    a, b = (rng.standard_normal((2, SIZE)) * 10.0 ** rng.integers(-9, 10, (2, SIZE))).astype("f")
    x, y = (te.placeholder((SIZE,), name=name) for name in "xy")
    every = [*functions, lambda p, q: p / q]
    outputs = list(te.compute((SIZE,), lambda i: tuple(f(x[i], y[i]) for f in every)))
    kernel = autosched.build(te.create_schedule(outputs), [x, y, *outputs], threads=1)
    found = [np.empty(SIZE, np.float32) for _ in outputs]
    kernel(a, b, *found)
    for want, got, output in zip(evaluate(outputs, {x: a, y: b}), found, outputs, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=str(output.op))
