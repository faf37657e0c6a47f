"""The results that pass as correct."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.measure.verify import Expected, GuardedArray, relative_tolerance

inf, nan = np.inf, np.nan


def expected(want: object, dtype: str = "float32", terms: int = 1) -> Expected:
    return Expected("c", dtype, np.array(want, dtype), relative_tolerance({dtype}, terms))


def test_the_tolerance_follows_its_formula() -> None:
    assert relative_tolerance({"float32"}, 1) == 16 * 2.0**-23
    assert relative_tolerance({"float32"}, 100) == 160 * 2.0**-23
    assert relative_tolerance({"float32", "float16", "int8"}, 1) == 16 * 2.0**-10
    assert relative_tolerance({"int32"}, 100) == 0


@given(st.integers(1, 400), st.integers(0, 2**32 - 1))
def test_any_order_of_addition_passes_and_a_missing_term_does_not(terms: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a = rng.uniform(-1, 1, (16, terms)).astype(np.float32)
    exact = a.astype(np.float64).sum(axis=1).astype(np.float32)
    check = expected(exact, terms=terms)
    backwards = np.add.accumulate(a[:, ::-1], axis=1, dtype=np.float32)[:, -1]
    assert check.difference(backwards) is None
    assert check.difference(exact - a[:, 0]) is not None


def test_the_message_has_the_index_and_the_values() -> None:
    check = expected([[1.0, 2.0], [3.0, 4.0]])
    got = np.array([[1.0, 2.0], [3.5, 5.0]], np.float32)
    assert check.difference(got) == ("expected 3.0 at c[1, 0], got 3.5; 2 of 4 elements are wrong")


FLOATS = ["float16", "float32", "float64"]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("want", "passes", "fails"),
    [
        (1.0, [1.0], [nan, inf, -inf]),
        (inf, [inf], [nan, -inf, 1.0]),
        (-inf, [-inf], [nan, inf, 1.0]),
        (nan, [nan, inf, -inf], [1.0, 0.0]),
    ],
)
def test_values_that_are_not_finite_pass_by_the_rules(
    dtype: str, want: float, passes: list[float], fails: list[float]
) -> None:
    check = expected([1.0, want], dtype)
    for got in passes:
        assert check.difference(np.array([1.0, got], dtype)) is None
    for got in fails:
        assert check.difference(np.array([1.0, got], dtype)) is not None
        assert not check.may_be_rounding(np.array([1.0, got], dtype))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("sign", [1, -1])
def test_infinity_and_the_largest_value_pass_for_each_other(dtype: str, sign: int) -> None:
    largest = sign * np.finfo(dtype).max
    almost = np.nextafter(largest, 0, dtype=dtype)
    infinite = np.array([sign * inf], dtype)
    assert expected([almost], dtype).difference(infinite) is None
    assert expected(infinite, dtype).difference(np.array([almost], dtype)) is None
    half = np.array([largest / 2], dtype)
    assert expected(half, dtype).difference(infinite) is not None
    assert expected(infinite, dtype).difference(half) is not None


def test_infinity_of_a_fused_product_passes_for_nan() -> None:
    a, c = np.float32(3e30), np.float32(2e30)
    with np.errstate(over="ignore", invalid="ignore"):
        apart = a * a - c * c
        fused = np.float32(np.float64(a) * np.float64(a) - np.float64(c * c))
    assert np.isnan(apart)
    assert fused == -inf
    assert expected([apart]).difference(np.array([fused])) is None


@pytest.mark.parametrize("largest", [1e150, 1e300, np.finfo("float64").max])
def test_large_values_do_not_hide_wrong_ones(largest: float) -> None:
    want = np.array([1.0, 2.0, 3.0, -largest, -largest])
    check = expected(want.copy(), "float64")
    assert check.difference(want) is None
    want[0] += 0.01
    assert check.difference(want) is not None


def test_masked_values_do_not_hide_wrong_ones() -> None:
    rng = np.random.default_rng(0)
    scores = rng.uniform(-1, 1, (32, 32)).astype(np.float32)
    want = np.where(np.tri(32, dtype=bool), scores, np.float32(-1e30))
    check = expected(want)
    assert check.difference(want) is None
    want[5, 3] += 0.1
    assert check.difference(want) is not None


def test_values_that_fall_off_steadily_all_count() -> None:
    """A rounding error of x is one of x * sigmoid(x) too, most of whose values may be tiny."""
    x = np.random.default_rng(0).normal(0, 50, 4000).astype(np.float32)
    want = x.astype(np.float64) / (1 + np.exp(-x.astype(np.float64)))
    check = expected(want.astype(np.float32))
    place = int(np.argmin(np.abs(x + 8)))
    got = want.astype(np.float32)
    got[place] += np.float32(1e-5)
    assert check.difference(got) is None
    got[place] += np.float32(1e-2)
    assert check.difference(got) is not None


def test_a_small_excess_may_be_rounding() -> None:
    check = expected([1.0, -1.0])
    eps = 16 * 2.0**-23 * 2  # of the value, and of the root mean square
    near, far = np.array([[1 + 4 * eps, -1], [1 + 12 * eps, -1]], np.float32)
    assert check.difference(near) is not None
    assert check.may_be_rounding(near)
    assert not check.may_be_rounding(far)


def test_one_percent_of_integers_from_floats_may_change() -> None:
    want = np.arange(400)
    got = want.copy()
    got[:4] += 1
    from_floats = Expected("c", "int64", want, relative_tolerance({"int64", "float32"}, 1))
    assert from_floats.may_be_rounding(got)
    assert not expected(want, "int64").may_be_rounding(got)
    got[4] += 1
    assert not from_floats.may_be_rounding(got)


def test_integers_are_exact() -> None:
    check = expected([1, 2**40], "int64", terms=1000)
    assert check.difference(np.array([1, 2**40])) is None
    assert check.difference(np.array([1, 2**40 + 1])) is not None


def test_bools_are_bits() -> None:
    check = expected([True, False], "bool")
    assert check.difference(np.array([True, False])) is None
    assert check.difference(np.array([1, 0xCD], np.uint8).view(np.bool_)) is not None


def test_bfloat16_is_compared_by_value() -> None:
    want = np.array([0x3F80, 0xC000], np.uint16)  # 1 and -2
    check = Expected("c", "bfloat16", want, relative_tolerance({"bfloat16"}, 1))
    assert check.difference(want + np.uint16(1)) is None
    assert "expected 1.0 at c[0], got 2.0" in str(
        check.difference(np.array([0x4000, 0xC000], "u2"))
    )


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int32", "bool"])
def test_poison_is_never_right(dtype: str) -> None:
    output = GuardedArray((3,), np.dtype(dtype))
    output.poison()
    assert expected([1, 0, 1], dtype).difference(output.array) is not None


def test_an_empty_output_is_right() -> None:
    assert expected(np.zeros((0, 4))).difference(np.zeros((0, 4), np.float32)) is None


@pytest.mark.parametrize("offset", [-1, 6])
def test_a_write_beside_the_array_is_detected(offset: int) -> None:
    output = GuardedArray((2, 3), np.dtype("float32"))
    output.poison()
    output.array[...] = 0
    assert output.is_intact()
    whole = output._whole.view(np.float32)
    whole[output.array.ctypes.data // 4 - whole.ctypes.data // 4 + offset] = 0
    assert not output.is_intact()


def test_a_guarded_array_is_aligned() -> None:
    assert GuardedArray((5,), np.dtype("float64")).array.ctypes.data % 64 == 0
