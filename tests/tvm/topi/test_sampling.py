import numpy as np

from autosched import te
from autosched.tvm.topi.sampling import linear
from tests.tvm.topi.checks import check, tensors


def test_points_outside_are_zero():
    (a, x) = tensors((3, 4))[0]
    p = te.placeholder((5, 2))
    places = np.array([[0, 0], [1.25, 2.5], [2.5, 3], [-0.75, 0], [7, -9]], "float32")
    found = te.compute((5,), lambda i: linear(lambda at: a(*at), [p[i, 0], p[i, 1]], a.shape))
    wanted = [
        x[0, 0],
        0.75 * (x[1, 2] + x[1, 3]) / 2 + 0.25 * (x[2, 2] + x[2, 3]) / 2,
        x[2, 3] / 2,
        x[0, 0] / 4,
        0,
    ]
    check(found, [(a, x), (p, places)], np.array(wanted, "float32"))
