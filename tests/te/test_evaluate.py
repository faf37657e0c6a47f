"""Evaluation with NumPy: shapes, sizes, reductions, guarded reads, and missing values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autosched import te
from autosched.errors import ArgumentError, ExpressionError
from autosched.te import computation
from autosched.te.arrays import from_storage, to_storage
from autosched.te.evaluate import evaluate, index_limits
from tests.te.samples import argmax, matmul

RNG = np.random.default_rng(7)


def one(tensor, arrays, **options):
    return evaluate([tensor], arrays, **options)[0]


def test_stages_follow_one_another_and_placeholders_pass_through():
    A = te.placeholder((7, 5))
    B = te.compute((7, 5), lambda i, j: A[i, j] * 2.0)
    C = te.compute((5, 7), lambda i, j: B[j, i] + 1.0)
    a = RNG.standard_normal((7, 5)).astype("float32")
    got = evaluate([C, A, B], {A: a})
    for array, wanted in zip(got, (a.T * 2 + 1, a, a * 2), strict=True):
        np.testing.assert_array_equal(array, wanted)


def test_axes_are_numbers_too():
    C = te.compute((3, 4), lambda i, j: i * 10 + j)
    np.testing.assert_array_equal(one(C, {}), np.arange(3)[:, None] * 10 + np.arange(4))


def test_a_tensor_without_dimensions():
    A, k = te.placeholder((5,)), te.reduce_axis((0, 5))
    total = te.compute((), lambda: te.sum(A[k], axis=k))
    C = te.compute((5,), lambda i: A[i] - total())
    a = np.arange(5, dtype="float32")
    assert one(total, {A: a}) == 10
    np.testing.assert_array_equal(one(C, {A: a}), a - 10)


def test_sizes_come_from_arrays_or_are_given():
    n = te.var("n")
    A = te.placeholder((n,))
    a = np.arange(6, dtype="float32")
    B = te.compute((n,), lambda i: A[n - 1 - i] * n.astype("float32"))
    np.testing.assert_array_equal(one(B, {A: a}), a[::-1] * 6)
    free = te.compute((n,), lambda i: i)
    np.testing.assert_array_equal(one(free, {}, sizes={n: 4}), np.arange(4))
    with pytest.raises(ExpressionError, match="expected a value for the size n of compute"):
        one(free, {})


@pytest.mark.parametrize(("kind", "dtype"), [("size", "int32"), ("scalar", "float32")])
def test_sizes_of_values_alone_are_given(kind, dtype):
    A, m = te.placeholder((3,), name="A"), te.var("m", dtype)
    B = te.compute((3,), lambda i: A[i] * m.astype("float32"), name="B")
    a = np.arange(3, dtype="float32")
    np.testing.assert_array_equal(one(B, {A: a}, sizes={m: 7}), a * 7)
    with pytest.raises(ExpressionError, match=f"a value for the {kind} m of B, got none"):
        one(B, {A: a})


def test_gathering_through_a_tensor_of_indices():
    A, where = te.placeholder((9,)), te.placeholder((4,), "int32")
    a, places = np.arange(9, dtype="float32"), np.array([8, 0, 3, 3], "int32")
    np.testing.assert_array_equal(
        one(te.compute((4,), lambda i: A[where[i]]), {A: a, where: places}), a[places]
    )


@pytest.mark.parametrize(
    ("reducer", "function"),
    [(te.sum, np.sum), (te.prod, np.prod), (te.max, np.max), (te.min, np.min)],
)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint8"])
def test_reductions(reducer, function, dtype):
    A, k, r = te.placeholder((3, 7, 5), dtype), te.reduce_axis((0, 7)), te.reduce_axis((0, 5))
    a = RNG.uniform(1, 3, (3, 7, 5)).astype(dtype)
    C = te.compute((3,), lambda i: reducer(A[i, k, r], axis=[k, r]))
    keywords = {"dtype": dtype} if function in (np.sum, np.prod) else {}
    np.testing.assert_allclose(one(C, {A: a}), function(a, axis=(1, 2), **keywords), rtol=1e-5)


def test_a_reduction_over_part_of_an_axis_with_condition_and_start():
    A, k = te.placeholder((3, 7)), te.reduce_axis((2, 6))
    a = RNG.standard_normal((3, 7)).astype("float32")
    C = te.compute((3,), lambda i: te.sum(A[i, k], axis=k, where=(k % 2).equal(0), init=A[i, 0]))
    np.testing.assert_allclose(one(C, {A: a}), a[:, 0] + a[:, 2] + a[:, 4], rtol=1e-6)


def test_argmax_finds_the_first_of_equal_maxima():
    A, index, value = argmax()
    a = np.array([[9, 2, 8, 3, 3], [9, 0, 0, 1, 2], [0, -1, -1, -1, -1]], "float32")
    got_index, got_value = evaluate([index, value], {A: a})
    np.testing.assert_array_equal(got_index, [3, 4, 0])
    np.testing.assert_array_equal(got_value, [3, 2, 0.5])


def test_several_plain_outputs():
    A = te.placeholder((5,))
    low, high = te.compute((5,), lambda i: (A[i] - 1.0, (A[i] + 1.0).astype("int32")))
    a = np.arange(5, dtype="float32")
    got = evaluate([high, low], {A: a})
    assert got[0].dtype == np.int32
    np.testing.assert_array_equal(got[0], np.arange(1, 6))
    np.testing.assert_array_equal(got[1], a - 1)


def test_float64_accumulation_is_as_close_as_can_be():
    A, k = te.placeholder((2, 100_000)), te.reduce_axis((0, 100_000))
    a = np.full((2, 100_000), 0.1, "float32")
    C = te.compute((2,), lambda i: te.sum(A[i, k], axis=k))
    D = te.compute((2, 1), lambda i, j: te.sum(A[i, k] * A[j, k], axis=k))
    tenth = np.float64(a[0, 0])
    sums, products = evaluate([C, D], {A: a}, accumulate="float64")
    assert (sums == np.float32(100_000 * tenth)).all()
    assert (products == np.float32(100_000 * tenth * tenth)).all()


def test_half_precision_results_are_rounded():
    A, B, C = matmul(7, 5, 3, "float16")
    a, b = (RNG.standard_normal(shape).astype("float16") for shape in ((7, 3), (3, 5)))
    got = one(C, {A: a, B: b}, accumulate="float64")
    np.testing.assert_array_equal(
        got, (a.astype("float64") @ b.astype("float64")).astype("float16")
    )


class TestBfloat16:
    def test_bits_round_to_the_nearest_even(self):
        values = np.array([1.0, 1.00390625, 1.01171875, -2.5, 0.0, np.inf, 3e38], "float32")
        bits = to_storage(values, te.placeholder((1,), "bfloat16").dtype)
        back = from_storage(bits, te.placeholder((1,), "bfloat16").dtype)
        np.testing.assert_array_equal(back[:6], [1.0, 1.0, 1.015625, -2.5, 0.0, np.inf])
        assert bits.dtype == np.uint16

    def test_nan_stays_nan(self):
        kind = te.placeholder((1,), "bfloat16").dtype
        assert np.isnan(from_storage(to_storage(np.array([np.nan]), kind), kind)).all()

    def test_every_operation_rounds(self):
        A = te.placeholder((2,), "bfloat16")
        C = te.compute((2,), lambda i: (A[i] + 0.00390625) + 0.00390625)
        ones = to_storage(np.ones(2, "float32"), A.dtype)
        np.testing.assert_array_equal(one(C, {A: ones}), ones)


class TestReadsOutside:
    n = te.var("n")  # with a size that is not known, only the evaluator can tell
    A = te.placeholder((n,), name="A")
    array = np.arange(5, dtype="float32")

    def test_a_select_guards_them(self):
        C = te.compute(
            (7,),
            lambda i: te.if_then_else(te.all(i >= 1, i < 6), self.A[i - 1], te.const(0.0)),
        )
        np.testing.assert_array_equal(one(C, {self.A: self.array}), np.pad(self.array, 1))

    def test_a_select_that_does_not_guard_them_is_found(self):
        C = te.compute((7,), lambda i: te.if_then_else(i > 1, self.A[i - 1], 0.0), name="C")
        with pytest.raises(ExpressionError, match="expected every read of C inside its tensor"):
            one(C, {self.A: self.array})

    def test_the_point_is_named(self):
        C = te.compute((2, 3), lambda y, x: self.A[y * 3 + x], name="C")
        with pytest.raises(
            ExpressionError, match="index 5 in dimension 0 of A, of extent 5, at y=1, x=2"
        ):
            one(C, {self.A: self.array})

    def test_no_read_is_named_if_it_may_be_another(self):
        A = self.A
        C = te.compute((7,), lambda i: te.if_then_else(i < 9, A[i], A[i + 1]), name="C")
        with pytest.raises(ExpressionError, match="got one at i=5"):
            one(C, {A: self.array})

    def test_only_indices_from_data_are_clamped(self):
        W, at = te.placeholder((5,), name="W"), te.placeholder((4,), "int32", name="at")
        C = te.compute((4,), lambda i: W[at[i]])
        given = {W: self.array, at: np.array([-3, 5, 2, 4], "int32")}
        np.testing.assert_array_equal(one(C, given, bounds="clamp"), [0, 4, 2, 4])
        with pytest.raises(ExpressionError, match="index -3 in dimension 0 of W"):
            one(C, given)
        D = te.compute((7,), lambda i: self.A[i])
        with pytest.raises(ExpressionError, match="index 5"):
            one(D, {self.A: self.array}, bounds="clamp")

    def test_nothing_before_the_first_element(self):
        C = te.compute((5,), lambda i: self.A[i - self.n // 5])
        with pytest.raises(ExpressionError, match=r"index -1 in dimension 0 of A, .* at i=0"):
            one(C, {self.A: self.array})

    def test_a_reductions_condition_guards_them(self):
        k = te.reduce_axis((0, 9), name="k")
        C = te.compute((1,), lambda i: te.sum(self.A[k], axis=k, where=k < 5))
        assert one(C, {self.A: self.array}) == 10
        D = te.compute((1,), lambda i: te.sum(self.A[k], axis=k), name="D")
        with pytest.raises(ExpressionError, match=r"of D inside its tensor .* at i=0, k=5"):
            one(D, {self.A: self.array})

    def test_in_a_product_they_are_found_too(self):
        k = te.reduce_axis((0, 9), name="k")
        C = te.compute((3,), lambda i: te.sum(self.A[k] * i.astype("float32"), axis=k))
        with pytest.raises(ExpressionError, match="expected every read"):
            one(C, {self.A: self.array})


def test_an_integer_division_by_zero_has_no_value_unless_guarded():
    A = te.placeholder((3,), "int32", name="A")
    a = np.array([1, 0, 2], "int32")
    with pytest.raises(ExpressionError, match="no integer division by zero, got one at i=1"):
        one(te.compute((3,), lambda i: 4 // A[i]), {A: a})
    guarded = te.compute((3,), lambda i: te.if_then_else(A[i].not_equal(0), 4 % A[i], -1))
    np.testing.assert_array_equal(one(guarded, {A: a}), [0, -1, 0])


@pytest.mark.parametrize("points", [64, 300])
def test_small_blocks_give_the_same(monkeypatch, points):
    A, k, r = te.placeholder((7, 11, 5)), te.reduce_axis((0, 11)), te.reduce_axis((0, 5))
    a = RNG.integers(-4, 5, (7, 11, 5)).astype("float32")
    _, index, value = tensors = argmax()
    tensors_out = [
        te.compute((7,), lambda i: te.max(A[i, k, r], axis=[k, r])),
        te.compute((5,), lambda j: te.sum(A[0, k, j] * A[1, k, j], axis=k)),
        te.compute((7, 7), lambda i, j: te.sum(A[i, k, r] * A[j, k, r], axis=[k, r])),
        te.compute((7, 11, 5), lambda *i: A(*i) + 1.0),
        index,
        value,
    ]
    inputs = {A: a, tensors[0]: a[0, :, :]}
    whole = evaluate(tensors_out, inputs)
    monkeypatch.setattr(computation, "_POINTS", points)
    for got, wanted in zip(evaluate(tensors_out, inputs), whole, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_arrays_that_do_not_fit_are_refused():
    A, B, C = matmul()
    a = np.zeros((7, 3), "float32")
    for arrays, sentence in [
        ({A: a}, "expected an array for the placeholder B, got none"),
        ({A: a, B: a}, r"expected an array of shape \(3, 5\) and dtype float32 for B"),
        ({A: a, B: np.zeros((3, 5))}, "got shape .* and dtype float64"),
    ]:
        with pytest.raises(ArgumentError, match=sentence):
            one(C, arrays)


A = te.placeholder((50, 8), name="A")
B = te.placeholder((20,), name="B")
I = te.placeholder((5,), "int32", name="I")  # noqa: E741  as in books
J = te.placeholder((5, 3), "int64", name="J")
X = te.placeholder((5,), name="X")
k = te.reduce_axis((0, 3), name="k")


@pytest.mark.parametrize(
    ("formula", "limits"),
    [
        (lambda i: A[I[i], 0], {"I": 50}),
        (lambda i: A[I[i], 0] + B[I[i]], {"I": 20}),
        (lambda i: A[I[i].astype("int8"), 0], {"I": 50}),
        (lambda i: te.sum(A[J[i, k], I[i]], axis=k), {"J": 50, "I": 8}),
        (lambda i: B[J[I[i], 2]], {"J": 20, "I": 5}),
        (lambda i: te.if_then_else(I[i] > 0, B[I[i]], 0.0), {"I": 20}),
        (lambda i: B[I[i] + 1], {}),
        (lambda i: B[X[i].astype("int32")], {}),
        (lambda i: B[i] + X[i] + I[i].astype("float32"), {}),
    ],
)
def test_the_limit_is_the_least_extent(formula: Any, limits: dict[str, int]) -> None:
    found = index_limits([te.compute((5,), formula)], {})
    assert {tensor.name: limit for tensor, limit in found.items()} == limits


def test_reads_of_inner_stages_count_and_computed_indices_do_not() -> None:
    places = te.compute((5,), lambda i: I[i] + 1, name="places")
    rows = te.compute((5,), lambda i: B[I[i]], name="rows")
    total = te.compute((5,), lambda i: rows[i] + B[places[i]])
    assert index_limits([total], {}) == {I: 20}


def test_the_limit_fits_the_dtype() -> None:
    small = te.placeholder((5,), "int8", name="small")
    table = te.placeholder((1000,), name="table")
    assert index_limits([te.compute((5,), lambda i: table[small[i]])], {}) == {small: 127}


def test_an_extent_may_be_symbolic() -> None:
    n = te.var("n")
    table = te.placeholder((n,), name="table")
    assert index_limits([te.compute((5,), lambda i: table[I[i]])], {n: 7}) == {I: 7}
