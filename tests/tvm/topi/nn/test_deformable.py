import numpy as np
import pytest

from autosched.errors import NotOfferedError
from autosched.tvm import topi
from tests.tvm.topi.checks import check, tensors


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "sets"), [(1, 0, 1, 1), (2, 1, 1, 2), ((1, 2), (2, 1), 2, 1)]
)
def test_moved_windows(stride, padding, dilation, sets):
    apart = np.broadcast_to(dilation, 2)
    sides, steps = np.broadcast_to(padding, 2), np.broadcast_to(stride, 2)
    kernel = np.array([3, 2])
    out = (np.array([6, 7]) + 2 * sides - (kernel - 1) * apart - 1) // steps + 1
    (a, x), (o, moves), (w, y) = given = tensors(
        (2, 4, 6, 7), (2, sets * 12, *map(int, out)), (3, 4, 3, 2), low=-2.5, high=2.5
    )
    options = (stride, padding, dilation, sets, 1)
    wanted = topi.testing.deformable_conv2d_nchw_python(x, moves, y, *options)
    check(topi.nn.deformable_conv2d_nchw(a, o, w, *options), given, wanted, rtol=1e-4, atol=1e-4)
    arrays = x.transpose(0, 2, 3, 1), moves.transpose(0, 2, 3, 1), y.transpose(2, 3, 1, 0)
    last = [tensors(each.shape)[0][0] for each in arrays]
    found = topi.nn.deformable_conv2d_nhwc(*last, *options)
    given = list(zip(last, arrays, strict=True))
    check(found, given, wanted.transpose(0, 2, 3, 1), rtol=1e-4, atol=1e-4)


def test_groups_are_refused():
    (a, _), (o, _), (w, _) = tensors((1, 2, 3, 3), (1, 2, 3, 3), (2, 1, 1, 1))
    with pytest.raises(NotOfferedError, match="groups"):
        topi.nn.deformable_conv2d_nchw(a, o, w, 1, 0, 1, 1, 2)
