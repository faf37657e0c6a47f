import numpy as np
import pytest

from autosched import te
from autosched.ops.argmax import argmax
from autosched.te.evaluate import evaluate
from tests.ops.cases import check


@pytest.mark.parametrize("shape", ["m=5 n=13", "m=1 n=1", "m=7 n=31 dtype=int8"])
def test_agrees_with_numpy(shape):
    check(f"argmax {shape}")


def test_the_first_of_equals_counts():
    x = te.placeholder((2, 4), name="x")
    values = np.array([[1, 3, 3, 2], [-np.inf] * 4], "float32")
    assert evaluate([argmax(x)], {x: values})[0].tolist() == [1, 0]
