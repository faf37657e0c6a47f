from operator import gt, le, lt

import numpy as np
import pytest

from autosched import te
from autosched.ops.argmax import argmax, extremum
from autosched.te.evaluate import evaluate
from tests.ops.cases import check


@pytest.mark.parametrize("shape", ["m=5 n=13", "m=1 n=1", "m=7 n=31 dtype=int8"])
def test_agrees_with_numpy(shape):
    check(f"argmax {shape}")


def test_the_first_of_equals_counts():
    x = te.placeholder((2, 4), name="x")
    values = np.array([[1, 3, 3, 2], [-np.inf] * 4], "float32")
    assert evaluate([argmax(x)], {x: values})[0].tolist() == [1, 0]


@pytest.mark.parametrize(("beats", "least"), [(gt, False), (lt, True)])
@pytest.mark.parametrize(("comes_first", "last"), [(lt, False), (le, False), (gt, True)])
def test_places_of_extrema(beats, least, comes_first, last):
    x = te.placeholder((4,), "int32", name="x")
    k = te.reduce_axis((0, 4), name="k")
    reducer = extremum("extremum", beats, comes_first)
    place, value = te.compute((1,), lambda _: reducer((k, x(k)), axis=k))
    values = np.array([3, 1, 3, 1], "int32")
    found = evaluate([place, value], {x: values})
    assert [each.item() for each in found] == [(0 + last * 2) + least, 1 if least else 3]
