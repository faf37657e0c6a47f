import numpy as np
import pytest

from autosched.tvm import topi
from tests.tvm.topi.checks import check, tensors


@pytest.mark.parametrize(
    ("source", "target", "shape"),
    [
        ("NCHW", "NHWC", (2, 3, 4, 5)),
        ("NCHW", "NCHW4c", (1, 8, 3, 2)),
        ("NCHW", "NCHW4c", (1, 6, 3, 2)),
    ],
)
def test_layouts(source, target, shape):
    ((a, x),) = given = tensors(shape)
    made = topi.layout_transform(a, source, target)
    if target == "NHWC":
        wanted = x.transpose(0, 2, 3, 1)
    else:
        padded = np.pad(x, [(0, 0), (0, -shape[1] % 4), (0, 0), (0, 0)])
        wanted = padded.reshape(1, -1, 4, 3, 2).transpose(0, 1, 3, 4, 2)
    check(made, given, wanted)
    if shape[1] % 4 == 0:
        check(topi.layout_transform(made, target, source), given, x)
