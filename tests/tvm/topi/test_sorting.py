import numpy as np
import pytest

from autosched.tvm import topi
from tests.tvm.topi.checks import built, tensors


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("ascending", [True, False])
def test_orders(axis, ascending):
    ((a, x),) = given = tensors((5, 7), dtype="int32")
    order = np.argsort(x if ascending else -x, axis, kind="stable")
    built(
        topi.argsort(a, axis=axis, is_ascend=ascending, dtype="int32"), given, order.astype("int32")
    )
    built(topi.sort(a, axis, ascending), given, np.take_along_axis(x, order, axis))


def test_the_first():
    ((a, x),) = given = tensors((5, 7))
    order = np.argsort(-x, 1, kind="stable")[:, :3]
    values = np.take_along_axis(x, order, 1)
    built(topi.topk(a, 3), given, [values, order])
    built(topi.topk(a, 3, ret_type="indices"), given, order)
    built(topi.topk(a, 0, 0, "values", True), given, np.sort(x, 0))


def test_only_the_first_are_sorted():
    (a, x) = tensors((3, 6))[0]
    (n, _) = tensors((3,), dtype="int32")[0]
    counts = np.array([0, 6, 4], "int32")
    wanted = np.tile(np.arange(6, dtype="int32"), (3, 1))
    for row, count in enumerate(counts):
        wanted[row, :count] = np.argsort(-x[row, :count], kind="stable")
    built(topi.argsort(a, n, 1, False), [(a, x), (n, counts)], wanted)


def test_what_is_no_number_comes_last():
    ((a, x),) = given = tensors((5,))
    x[[1, 3]] = np.nan
    built(topi.argsort(a, dtype="int32"), given, np.argsort(x, kind="stable").astype("int32"))
