"""Inputs of a call: in order, by name, of NumPy and of other libraries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autosched.errors import ArgumentError, GraphError
from autosched.graph.inputs import arrays_of
from autosched.graph.parser import parse
from tests.graph.networks import image_net

x = np.linspace(-1, 1, 192, dtype=np.float32).reshape(1, 3, 8, 8)


def test_inputs_that_are_no_copies() -> None:
    for inputs in ([x], (x,), {"x": x}, [Exported(x)]):
        (found,) = arrays_of(image_net(), inputs)
        assert np.shares_memory(found, x)
        assert np.array_equal(found, x)
        assert found.dtype is x.dtype  # the fast call compares dtypes by identity
    (found,) = arrays_of(image_net(), [np.asfortranarray(x)])
    assert found.flags.c_contiguous
    assert np.array_equal(found, x)


def test_bytes_in_another_order_are_swapped() -> None:
    (found,) = arrays_of(image_net(), [x.astype(x.dtype.newbyteorder())])
    assert found.dtype == x.dtype
    assert found.dtype.isnative
    assert np.array_equal(found, x)


def test_arrays_of_bfloat16_become_their_bits() -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    graph = parse("graph g(x: bfloat16[2]) {\n  y = relu(x)\n  return y\n}")
    (found,) = arrays_of(graph, [np.array([1, 2], bfloat16)])
    assert (found.dtype, found.tolist()) == (np.uint16, [0x3F80, 0x4000])


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (x, "expected a list of inputs, or a mapping by name, got a ndarray"),
        ([x, x], "expected 1 inputs of net, got 2"),
        ({"z": x}, "expected the inputs x of net, got z"),
        ({}, "expected the inputs x of net, got none"),
        ([x.tolist()], "expected an array for the input x, got a list"),
    ],
)
def test_what_are_no_inputs(inputs: Any, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        arrays_of(image_net(), inputs)


def test_tensors_of_another_dtype_or_device() -> None:
    with pytest.raises(GraphError, match=r"expected float32\[n, 3, 8, 8\] for the input x"):
        arrays_of(image_net(), [Exported(x.astype(float))])
    with pytest.raises(ArgumentError, match="the input x"):
        arrays_of(image_net(), [Elsewhere(x)])


class Exported:
    """An array as other libraries give it."""

    def __init__(self, array: np.ndarray):
        self._array = array

    def __dlpack__(self, **options: Any) -> object:
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)


class Elsewhere(Exported):
    def __dlpack_device__(self) -> tuple[int, int]:
        return (2, 0)
