"""`==` and `!=` in tensor expressions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.errors import ExpressionError
from autosched.te.evaluate import evaluate

A = te.placeholder((3, 4), name="A")
B = te.placeholder((3, 4), name="B")
T = te.placeholder((), name="T")


def computed(tensor: te.Tensor, *arrays: np.ndarray) -> np.ndarray:
    """The value of `tensor` of the arguments, evaluated and compiled."""
    args = [arg for arg in (A, B, T) if arg in tensor.op.input_tensors]
    (values,) = evaluate([tensor], dict(zip(args, arrays, strict=True)))
    kernel = autosched.build([*args, tensor])
    found = np.empty(values.shape, values.dtype)
    kernel(*arrays, found)
    np.testing.assert_array_equal(found, values)
    return found


def test_axes() -> None:
    eye = te.compute((3, 4), lambda i, j: te.if_then_else(i == j, 1.0, 0.0))
    np.testing.assert_array_equal(computed(eye), np.eye(3, 4))
    rest = te.compute((3, 4), lambda i, j: te.if_then_else(i != j, 1.0, 0.0))
    np.testing.assert_array_equal(computed(rest), 1 - np.eye(3, 4))


def test_the_condition_of_a_reduction() -> None:
    k = te.reduce_axis((0, 4), name="k")
    even = te.compute((3,), lambda i: te.sum(A[i, k], axis=k, where=(k % 2 == 0)))
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    np.testing.assert_array_equal(computed(even, values), values[:, ::2].sum(1))


def test_elements() -> None:
    same = te.compute((3, 4), lambda i, j: A[i, j] == B[i, j])
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    others = np.where(values > 5, values, 0).astype(np.float32)
    np.testing.assert_array_equal(computed(same, values, others), values == others)


def test_a_tensor_of_no_dimensions_is_its_element() -> None:
    chosen = te.compute((3, 4), lambda i, j: te.if_then_else(T == 2, A[i, j], 0.0))
    values = np.ones((3, 4), np.float32)
    for number in (2, 3):
        scalar = np.array(number, np.float32)
        np.testing.assert_array_equal(computed(chosen, values, scalar), values * (number == 2))


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (lambda i, j: 1.0 if i == j else 0.0, "expected a Python truth value"),
        (lambda i, j: 1.0 if A[i, j] != 0 else 0.0, "expected a Python truth value"),
        (lambda i, j: te.if_then_else(A == 0, 1.0, 0.0), "expected 2 indices for A, got 0"),
        (lambda i, j: te.if_then_else(A[i] != B[i], 1.0, 0.0), "expected 2 indices for A, got 1"),
        (lambda i, j: te.if_then_else(A[i, j] == None, 1.0, 0.0), "to compare with .*got None"),  # noqa: E711
        (lambda i, j: te.if_then_else(A[i, j] != "x", 1.0, 0.0), r"A\[i, j\], got 'x'"),
        (lambda i, j: te.if_then_else(i == (1, 2), 1.0, 0.0), r"with i, got \(1, 2\)"),
    ],
)
def test_a_comparison_that_python_would_decide_is_refused(formula: Any, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        te.compute((3, 4), formula)


def test_tensors_are_found_in_containers() -> None:
    assert A in [B, A]
    assert [B, T].index(T) == 1
    assert A != B
    assert (A == B) is False
