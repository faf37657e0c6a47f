"""The builder of real candidates: references by the evaluator, kernels by the compiler."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.measure.builder import NativeBuilder
from autosched.measure.local import LocalMeasurer
from autosched.measure.options import MeasureOptions, TimingPlan
from autosched.measure.verify import relative_tolerance
from autosched.te.serialize import to_json

PLAIN = json.dumps({"version": 1, "steps": []})
SIZES: dict[str, int] = {}


def product(constant: bool = False, dtype: str = "float32") -> str:
    a = te.placeholder((5, 7), name="A", dtype=dtype)
    b = te.placeholder((7, 3), name="B", dtype=dtype, constant=constant)
    k = te.reduce_axis((0, 7), name="k")
    c = te.compute((5, 3), lambda i, j: te.sum(a[i, k] * b[k, j], axis=k), name="C")
    return to_json([a, b, c])


def test_a_reference_has_the_arguments_in_order() -> None:
    reference = NativeBuilder().reference(product(), SIZES)
    a, b, c = reference.arguments
    assert [x.name for x in (a, b, c)] == ["A", "B", "C"]
    assert [x.is_output for x in (a, b, c)] == [False, False, True]
    assert (c.array.dtype, c.dtype) == (np.float32, "float32")
    exact = a.array.astype(np.float64) @ b.array.astype(np.float64)
    np.testing.assert_allclose(c.array, exact, rtol=1e-6)


def test_the_terms_of_all_stages_count() -> None:
    a = te.placeholder((5, 7), name="A")
    k, m = te.reduce_axis((0, 7), name="k"), te.reduce_axis((0, 5), name="m")
    b = te.compute((5,), lambda i: te.sum(a[i, k], axis=k), name="B")
    c = te.compute((1,), lambda i: te.sum(b[m], axis=m), name="C")
    reference = NativeBuilder().reference(to_json([a, c]), SIZES)
    assert reference.tolerance == relative_tolerance({"float32"}, 7 + 5)


def test_arrays_that_the_memory_does_not_hold_are_not_filled() -> None:
    n = te.var("n")
    a = te.placeholder((n, n), "bool", name="A")
    b = te.compute((n,), lambda i: a[i, 0], name="B")
    with pytest.raises(MemoryError, match=r"outputs have 1e\+08 TB, the machine"):
        NativeBuilder().reference(to_json([a, b]), {"n": 10**10})


def test_a_symbolic_size_has_a_value() -> None:
    n = te.var("n")
    a = te.placeholder((n,), name="A")
    b = te.compute((n,), lambda i: a[i] + 1.0, name="B")
    reference = NativeBuilder().reference(to_json([a, b]), {"n": 6})
    assert [argument.array.shape for argument in reference.arguments] == [(6,), (6,)]


def test_an_error_of_the_reference_suggests_inputs() -> None:
    table = te.placeholder((5, 7), name="A")
    place = te.placeholder((30,), "int32", name="I")
    rows = te.compute((30, 7), lambda i, j: table[place[i] * 2, j], name="B")
    with pytest.raises(ExpressionError, match=r"got index .* in dimension 0 of A") as caught:
        NativeBuilder().reference(to_json([table, place, rows]), SIZES)
    assert "give the range or the values of the inputs" in str(caught.value.hint)
    known = NativeBuilder().reference(
        to_json([table, place, rows]), SIZES, {1: np.zeros(30, np.int32)}
    )
    assert (known.arguments[2].array == known.arguments[0].array[0]).all()


def test_inputs_that_are_indices_are_drawn_within_the_dimension() -> None:
    n = te.var("n")
    table = te.placeholder((n, 7), name="A")
    place = te.placeholder((90,), "int32", name="I")
    rows = te.compute((90, 7), lambda i, j: table[place[i], j], name="B")
    _, indices, _ = NativeBuilder().reference(to_json([table, place, rows]), {"n": 30}).arguments
    assert 0 <= indices.array.min() < 5
    assert 25 < indices.array.max() < 30


@pytest.fixture(scope="module")
def measurer() -> Iterator[LocalMeasurer]:
    options = MeasureOptions(workers=1, timing=TimingPlan(repeat_ns=1e4))
    with LocalMeasurer("cpu", options=options) as measurer:
        yield measurer


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
@pytest.mark.parametrize("constant", [False, True])
def test_a_candidate_is_built_verified_and_timed(
    measurer: LocalMeasurer, constant: bool, dtype: str
) -> None:
    good, bad = measurer.measure(product(constant, dtype), [PLAIN, "{}"])
    assert good.ok, good
    assert 0 < good.time_ns < float("inf")
    assert good.build_ms > 0
    assert bad.kind == "build_error"
    assert "expected a trace" in bad.reason


def test_given_inputs_replace_random_ones() -> None:
    given = {1: np.full((3, 4), 2.0, np.float32)}
    a, b = (te.placeholder((3, 4), name=name) for name in "ab")
    c = te.compute((3, 4), lambda i, j: a[i, j] * b[i, j], name="c")
    first, second, product_ = NativeBuilder().reference(to_json([a, b, c]), {}, given).arguments
    np.testing.assert_array_equal(second.array, given[1])
    np.testing.assert_array_equal(product_.array, first.array * 2)
