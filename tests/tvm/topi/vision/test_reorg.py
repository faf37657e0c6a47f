from autosched.tvm import topi
from tests.tvm.topi.checks import check, tensors


def test_points_become_channels():
    ((a, x),) = given = tensors((2, 8, 4, 6))
    check(topi.vision.reorg(a, 2), given, topi.testing.reorg_python(x, 2))
