import numpy as np
import pytest

from autosched.tvm import te, topi
from tests.tvm.topi.checks import check, tensors

AXES = [None, 0, -1, (0, 2), (1,), (0, 1, 2)]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("name", ["sum", "max", "min", "prod"])
def test_numbers(name, axis, keepdims):
    ((a, x),) = given = tensors((3, 5, 2))
    check(
        getattr(topi, name)(a, axis, keepdims), given, getattr(np, name)(x, axis, keepdims=keepdims)
    )


@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_places(name, axis):
    ((a, x),) = given = tensors((3, 5, 4), dtype="int32")
    check(getattr(topi, name)(a, axis), given, getattr(np, name)(x, axis))
    last = getattr(topi, name)(a, 1, select_last_index=True)
    check(last, given, 4 - getattr(np, name)(x[:, ::-1], 1))


def test_logic():
    ((a, x),) = given = tensors((3, 5))
    check(topi.all(topi.greater(a, -0.5), 1), given, (x > -0.5).all(1))
    check(topi.any(topi.greater(a, 0.5), 0), given, (x > 0.5).any(0))


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_cumulative(axis):
    ((a, x),) = given = tensors((3, 5))
    check(topi.cumsum(a, axis), given, np.cumsum(x, axis))
    check(topi.cumprod(a, axis), given, np.cumprod(x, axis))
    one = np.cumsum(x, axis)
    check(topi.cumsum(a, axis, exclusive=True), given, one - x.reshape(one.shape))


def test_a_broadcast_is_collapsed():
    ((a, x),) = given = tensors((2, 3, 5))
    check(topi.collapse_sum(a, (3, 1)), given, x.sum((0, 2))[:, None])


def test_sums_of_a_broadcast_of_unknown_sizes():
    n, m = te.var("n"), te.var("m")
    a = te.placeholder((2, n, 4, m), name="a")
    (_, x) = tensors((2, 3, 4, 5))[0]
    check(topi.collapse_sum(a, (n, 1, m)), [(a, x)], x.sum((0, 2))[:, None])


@pytest.mark.parametrize(
    ("name", "of"), [("sum", "any"), ("max", "any"), ("min", "all"), ("prod", "all")]
)
def test_reductions_of_truth_values_are_truth_values(name, of):
    a = te.placeholder((4, 2), "bool")
    x = np.array([[False, False], [False, True], [True, False], [True, True]])
    check(getattr(topi, name)(a, 1), [(a, x)], getattr(np, of)(x, 1))
