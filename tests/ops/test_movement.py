import numpy as np
import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.ops.movement import concat, embedding, transpose
from autosched.te.evaluate import evaluate
from tests.ops.cases import check


@pytest.mark.parametrize(
    "command",
    [
        "transpose m=7 n=5",
        "transpose m=1 n=9 dtype=int8",
        "concat m=3 n=5 k=2",
        "concat m=1 n=1 k=1",
        "embedding m=5 rows=11 n=3",
    ],
)
def test_agrees_with_numpy(command):
    check(command)


def test_axes_in_any_order():
    x = te.placeholder((2, 3, 5), name="x")
    values = np.arange(30, dtype="float32").reshape(2, 3, 5)
    got = evaluate([transpose(x, (1, 2, 0))], {x: values})[0]
    np.testing.assert_array_equal(got, values.transpose(1, 2, 0))


def test_three_tensors_along_the_first_axis():
    parts = [te.placeholder((n, 3), name=f"x{n}") for n in (1, 2, 4)]
    arrays = [np.full((n, 3), n, "float32") for n in (1, 2, 4)]
    got = evaluate([concat(parts)], dict(zip(parts, arrays, strict=True)))[0]
    np.testing.assert_array_equal(got, np.concatenate(arrays))


def test_what_does_not_fit_is_refused():
    x, y = te.placeholder((2, 3), name="x"), te.placeholder((2, 4), name="y")
    with pytest.raises(ExpressionError, match="dimension 1 of y of concat to be 3, got 4"):
        concat([x, y])
    with pytest.raises(ExpressionError, match="permutation of 2 axes for transpose"):
        transpose(x, (0, 0))
    with pytest.raises(ExpressionError, match="integers as y of embedding, got float32"):
        embedding(x, y)
