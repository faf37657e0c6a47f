import numpy as np
import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.ops.reference_rows import softmax as by_numpy
from autosched.ops.softmax import softmax
from autosched.te.evaluate import evaluate
from tests.ops.cases import check


@pytest.mark.parametrize("shape", ["m=5 n=13", "m=1 n=1", "m=1 n=127", "m=31 n=1"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_agrees_with_numpy(shape, dtype):
    check(f"softmax {shape} dtype={dtype}")


def test_half_precision():
    check("softmax m=5 n=13 dtype=float16", rtol=4e-3)


def test_large_values_do_not_overflow():
    x = te.placeholder((1, 3), name="x")
    values = np.array([[1000.0, 1000.0, -1000.0]], "float32")
    np.testing.assert_array_equal(evaluate([softmax(x)], {x: values})[0], [[0.5, 0.5, 0]])


@pytest.mark.parametrize("shape", [(7,), (2, 3, 5)])
def test_any_rank(shape):
    x = te.placeholder(shape, name="x")
    values = np.random.default_rng(0).standard_normal(shape).astype("float32")
    got = evaluate([softmax(x)], {x: values})[0]
    np.testing.assert_allclose(got, by_numpy(values), rtol=1e-5)


def test_integers_are_refused():
    with pytest.raises(ExpressionError, match="expected a float dtype for x of softmax, got int8"):
        softmax(te.placeholder((2, 3), "int8", name="x"))
    with pytest.raises(ExpressionError, match="at least one dimension for softmax, got none"):
        softmax(te.placeholder((), name="x"))
