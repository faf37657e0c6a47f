"""Writing at indices given by data, as kernels: indices outside, several updates of a place."""

from __future__ import annotations

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.errors import ArgumentError
from autosched.graph.operators.scatter import Scatter, ScatterElements, ScatterNd
from autosched.runtime.kernel import Kernel

ROWS, COLUMNS, UPDATES = 40, 7, 12


def kernel_of(operator: Scatter, by_element: bool) -> Kernel:
    x = te.placeholder((ROWS, COLUMNS), name="x")
    indices = te.placeholder((UPDATES, COLUMNS if by_element else 1), "int64", name="indices")
    updates = te.placeholder((UPDATES, COLUMNS), name="updates")
    args = [x, indices, updates, operator.define(x, indices, updates)]
    return autosched.build(args, threads=1)


@pytest.mark.parametrize("reduction", ["none", "add"])
@pytest.mark.parametrize("by_element", [True, False])
def test_indices_are_checked(reduction: str, by_element: bool) -> None:
    operator = ScatterElements(reduction) if by_element else ScatterNd(reduction)
    kernel = kernel_of(operator, by_element)
    x = np.zeros((ROWS, COLUMNS), "float32")
    updates = np.arange(1, UPDATES * COLUMNS + 1, dtype="float32").reshape(UPDATES, COLUMNS)
    indices = np.random.default_rng(0).integers(
        -ROWS, ROWS, (UPDATES, COLUMNS if by_element else 1)
    )
    (expected,) = operator.outputs([x, indices, updates])
    np.testing.assert_array_equal(kernel(x, indices, updates), expected)
    for wrong in (ROWS, -ROWS - 1, 2**40):
        indices[3] = wrong
        with pytest.raises(ArgumentError, match=f"from 0 to below {ROWS}"):
            kernel(x, indices, updates)


def test_the_last_of_several_updates_replaces() -> None:
    kernel = kernel_of(ScatterNd(), by_element=False)
    x, updates = np.zeros((ROWS, COLUMNS), "float32"), np.ones((UPDATES, COLUMNS), "float32")
    updates *= np.arange(UPDATES, dtype="float32")[:, None]
    indices = np.zeros((UPDATES, 1), np.int64)
    indices[-2:] = 5
    found = kernel(x, indices, updates)
    assert found[0, 0] == UPDATES - 3
    assert found[5, 0] == UPDATES - 1
    assert np.count_nonzero(found) == 2 * COLUMNS


@pytest.mark.parametrize("reduction", ["add", "mul", "max", "min"])
@pytest.mark.parametrize("by_element", [True, False])
def test_updates_are_combined_with_the_element(reduction: str, by_element: bool) -> None:
    operator = ScatterElements(reduction) if by_element else ScatterNd(reduction)
    random = np.random.default_rng(0)
    x, updates = (
        random.standard_normal((rows, COLUMNS)).astype("float32") for rows in (ROWS, UPDATES)
    )
    x[::2] = -0.0
    indices = random.integers(0, 5, (UPDATES, COLUMNS if by_element else 1))
    indices[:2] = 9
    (expected,) = operator.outputs([x, indices, updates])
    found = kernel_of(operator, by_element)(x, indices, updates)
    if by_element:
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(np.signbit(found[6:9]), np.signbit(expected[6:9]))
    else:  # in order, to the bit
        np.testing.assert_array_equal(found.view("int32"), expected.view("int32"))
