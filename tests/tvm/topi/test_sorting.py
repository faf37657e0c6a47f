import numpy as np
import pytest

from autosched.tvm import topi
from tests.tvm.topi.checks import check, tensors


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("ascending", [True, False])
def test_orders(axis, ascending):
    ((a, x),) = given = tensors((5, 7), dtype="int32")
    order = np.argsort(x if ascending else -x, axis, kind="stable")
    check(topi.argsort(a, axis=axis, is_ascend=ascending, dtype="int32"), given, order)
    check(topi.sort(a, axis, ascending), given, np.take_along_axis(x, order, axis))


def test_the_first():
    ((a, x),) = given = tensors((5, 7))
    order = np.argsort(-x, 1, kind="stable")[:, :3]
    values = np.take_along_axis(x, order, 1)
    check(topi.topk(a, 3), given, [values, order])
    check(topi.topk(a, 3, ret_type="indices"), given, order)
