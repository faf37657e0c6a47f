"""Kernels that pack constants: bound once, or packed at every call."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autosched.errors import ArgumentError
from autosched.runtime.kernel import Kernel
from autosched.runtime.signature import Param, Signature
from tests.runtime.kernels import add_kernel, loop, make_kernel

# packed[i] = 2 * w[i];  y[i] = x[i] + packed[i]
PREPARE = """
  %pw = getelementptr float, ptr %w, i64 %i
  %pp = getelementptr float, ptr %p, i64 %i
  %v = load float, ptr %pw
  %d = fmul float %v, 2.0
  store float %d, ptr %pp
"""
MAIN = """
  %px = getelementptr float, ptr %x, i64 %i
  %pp = getelementptr float, ptr %p, i64 %i
  %py = getelementptr float, ptr %y, i64 %i
  %v = load float, ptr %px
  %d = load float, ptr %pp
  %s = fadd float %v, %d
  store float %s, ptr %py
"""


def scaled_kernel(extent: int | str, fast: bool) -> Kernel:
    sizes = () if isinstance(extent, int) else (extent,)
    more = "".join(f", i64 %{name}" for name in sizes)
    count = str(extent) if isinstance(extent, int) else f"%{extent}"
    text = loop("prepare", f"ptr %w, ptr %p{more}", count, PREPARE)
    text += loop("scaled", f"ptr %x, ptr %y, ptr %p{more}", count, MAIN)
    params = (
        Param("x", "float32", (extent,)),
        Param("w", "float32", (extent,)),
        Param("y", "float32", (extent,), is_output=True),
    )
    signature = Signature("scaled", params, sizes, ("w",), (Param("p", "float32", (extent,)),))
    return make_kernel(signature, text, fast=fast, prepare="prepare")


@pytest.fixture(params=[(8, True), (8, False), ("n", False)], ids=["fast", "slow", "symbolic"])
def scaled(request: pytest.FixtureRequest) -> Kernel:
    return scaled_kernel(*request.param)


x = np.arange(8, dtype=np.float32)
w = np.ones(8, np.float32)


def test_an_unbound_call_packs_every_time(scaled: Kernel) -> None:
    np.testing.assert_array_equal(scaled(x, w), x + 2)
    y = np.zeros(8, np.float32)
    scaled(x, 3 * w, y)
    np.testing.assert_array_equal(y, x + 6)


def test_a_bound_kernel_packs_once_and_takes_the_other_arguments(scaled: Kernel) -> None:
    weights = w.copy()
    bound = scaled.bind(w=weights)
    weights[:] = 100
    y = np.zeros(8, np.float32)
    bound(x, y)
    np.testing.assert_array_equal(y, x + 2)
    np.testing.assert_array_equal(bound(x), x + 2)


def test_two_bindings_are_independent(scaled: Kernel) -> None:
    one, two = scaled.bind(w=w), scaled.bind(w=2 * w)
    np.testing.assert_array_equal(one(x), x + 2)
    np.testing.assert_array_equal(two(x), x + 4)


def test_a_bound_kernel_has_a_fast_path() -> None:
    bound = scaled_kernel(8, True).bind(w=w)
    y = np.zeros(8, np.float32)
    assert bound._fast is not None
    assert bound._fast.function(x, y) is None
    np.testing.assert_array_equal(y, x + 2)


def test_sizes_fixed_by_a_constant_hold_for_the_rest() -> None:
    bound = scaled_kernel("n", False).bind(w=w)
    with pytest.raises(ArgumentError, match=r"expected shape \(8,\) = \(n,\) for x"):
        bound(np.zeros(7, np.float32))


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ({}, "expected the constants of scaled (w), got none"),
        ({"w": w, "x": x}, "got w, x"),
        ({"v": w}, "got v"),
        ({"w": w.astype("f8")}, "expected dtype float32 for w of scaled, got float64"),
        ({"w": w[:7]}, "expected shape (8,) for w of scaled, got (7,)"),
    ],
)
def test_wrong_constants(constants: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        scaled_kernel(8, True).bind(**constants)
    assert message in str(caught.value)


def test_a_kernel_without_constants_cannot_be_bound() -> None:
    with pytest.raises(ArgumentError, match=r"constants of add \(none\), got a"):
        add_kernel().bind(a=np.zeros((4, 6), np.float32))


def test_a_kernel_that_packs_has_no_plain_pointers() -> None:
    with pytest.raises(ArgumentError, match="without packed constants"):
        scaled_kernel(8, True).pointers(x, w, x)


@pytest.mark.parametrize("fast", [True, False])
def test_a_constant_that_is_not_packed_can_be_bound_too(fast: bool) -> None:
    kernel = add_kernel(fast=fast, bindable=("b",))
    a, b = np.random.default_rng(0).random((2, 4, 6), dtype=np.float32)
    given = b.copy()
    bound = kernel.bind(b=given)
    given[:] = 100
    c = np.zeros_like(a)
    bound(a, c)
    np.testing.assert_array_equal(c, a + b)
    np.testing.assert_array_equal(bound(a), a + b)
    assert [param.name for param in bound.signature.params] == ["a", "c"]
    assert bound.pointers(a, c)[0] == a.ctypes.data
    with pytest.raises(ArgumentError, match="expected 2 arguments for add, or 1 without"):
        bound(a, b, c)


def test_a_packed_constant_must_be_bound_even_with_others() -> None:
    kernel = scaled_kernel(8, True)
    kernel.signature = replace(kernel.signature, bindable=("w", "x"))
    with pytest.raises(ArgumentError, match=r"constants of scaled \(x, w\), got x"):
        kernel.bind(x=x)
    np.testing.assert_array_equal(kernel.bind(w=w, x=x)(), x + 2)


def test_a_constant_that_is_held_has_its_shape() -> None:
    kernel = add_kernel(fast=True, bindable=("b",))
    with pytest.raises(ArgumentError, match=r"expected shape \(4, 6\) for b of add"):
        kernel.bind(b=np.zeros((4, 5), np.float32))
