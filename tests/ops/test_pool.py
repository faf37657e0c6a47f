import numpy as np
import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.ops.pool import avg_pool, max_pool
from autosched.te.evaluate import evaluate
from tests.ops.cases import check

SHAPES = [
    "c=3 h=9 w=7 k=3",
    "n=2 c=3 h=9 w=7 k=3 stride=2 padding=1",
    "c=1 h=5 w=5 k=5",
    "c=5 h=7 w=11 k=2 stride=2",
    "c=1 h=1 w=1 k=1",
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_the_greatest_agrees_with_numpy(shape, dtype):
    check(f"max_pool2d {shape} dtype={dtype}")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", ["true", "false"])
def test_the_mean_agrees_with_numpy(shape, count):
    check(f"avg_pool2d {shape} count_include_pad={count}")


@pytest.mark.parametrize(
    "shape",
    [
        "1d c=3 w=9 k=3 stride=2 padding=1",
        "3d c=2 d=5 h=4 w=7 k=3 padding=1",
        "3d c=1 d=1 h=1 w=1 k=1",
    ],
)
def test_other_numbers_of_spatial_axes(shape):
    check(f"max_pool{shape}")
    check(f"avg_pool{shape}")
    check(f"avg_pool{shape} count_include_pad=false")


def test_padding_does_not_count_in_a_maximum():
    x = te.placeholder((1, 1, 2, 2), name="x")
    low = np.full((1, 1, 2, 2), -5, "float32")
    assert (evaluate([max_pool(x, 2, padding=1)], {x: low})[0] == -5).all()


def test_uncounted_padding_does_not_change_the_mean():
    x = te.placeholder((1, 1, 4, 4), name="x")
    ones = np.ones((1, 1, 4, 4), "float32")
    got = evaluate([avg_pool(x, 3, 2, 1, count_include_pad=False)], {x: ones})[0]
    np.testing.assert_array_equal(got, np.ones((1, 1, 2, 2)))


def test_invalid_arguments_are_refused():
    x = te.placeholder((1, 1, 4, 4), name="x")
    with pytest.raises(ExpressionError, match="smaller than its window 2x2, got 2x2"):
        max_pool(x, 2, padding=2)
    with pytest.raises(ExpressionError, match="padded height 4, got a window of 5"):
        max_pool(x, 5)
    with pytest.raises(ExpressionError, match="window of avg_pool to fit into the padded width 6"):
        avg_pool(x, (2, 7), padding=1)
    with pytest.raises(ExpressionError, match="a padding of avg_pool smaller than its window 2x2"):
        avg_pool(x, 2, padding=2)
    with pytest.raises(ExpressionError, match="expected a float dtype for x of avg_pool"):
        avg_pool(te.placeholder((1, 1, 4, 4), "int8", name="x"), 2)
