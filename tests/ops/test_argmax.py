import numpy as np
import pytest

import autosched
from autosched import te
from autosched.ops.argmax import argmax, extremum_places
from autosched.te.arrays import to_storage
from autosched.te.evaluate import evaluate
from tests.ops.cases import check


@pytest.mark.parametrize("shape", ["m=5 n=13", "m=1 n=1", "m=7 n=31 dtype=int8"])
def test_agrees_with_numpy(shape):
    check(f"argmax {shape}")


def test_the_first_of_equals_counts():
    x = te.placeholder((2, 4), name="x")
    values = np.array([[1, 3, 3, 2], [-np.inf] * 4], "float32")
    assert evaluate([argmax(x)], {x: values})[0].tolist() == [1, 0]


@pytest.mark.parametrize("least", [False, True])
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("dtype", ["int32", "uint8", "float32", "bfloat16"])
def test_places_of_extrema(least, last, dtype):
    x = te.placeholder((4,), dtype, name="x")
    places = extremum_places(lambda _, k: x(k), (1,), 4, least, last)
    values = to_storage(np.array([3, 1, 3, 1], "float32"), x.dtype)
    found = evaluate([places], {x: values})
    assert found[0].tolist() == [2 * last + least]


@pytest.mark.parametrize("least", [False, True])
@pytest.mark.parametrize("last", [False, True])
def test_nan_is_beyond_all_numbers(least, last):
    n = 37
    x = te.placeholder((4, n), name="x")
    places = extremum_places(lambda i, k: x(i, k), (4,), n, least, last)
    values = np.random.default_rng(1).standard_normal((4, n)).astype("float32")
    values[0, [5, 20]], values[1, [3, 30]], values[2, 7] = np.nan, (np.nan, np.inf), -np.inf
    values[3] = np.inf
    found = np.empty(4, "int64")
    autosched.build([x, places])(values, found)
    numpy = np.argmin if least else np.argmax
    expected = n - 1 - numpy(values[:, ::-1], axis=1) if last else numpy(values, axis=1)
    np.testing.assert_array_equal(found, expected)
