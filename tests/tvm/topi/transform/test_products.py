import numpy as np

from autosched.tvm import topi
from tests.tvm.topi.checks import check, tensors


def test_products():
    (a, x), (b, y) = given = tensors((3, 4, 5), (5, 4, 2))
    check(topi.tensordot(a, b, 1), given, np.tensordot(x, y, 1))
    check(topi.tensordot(a, b, ((1, 2), (1, 0))), given, np.tensordot(x, y, ((1, 2), (1, 0))))
    check(topi.einsum("ijk,kjl->il", a, b), given, np.einsum("ijk,kjl->il", x, y))
    check(topi.einsum("ijk->kji", a), given[:1], x.transpose(2, 1, 0))
    (c, z), (d, w) = more = tensors((3, 4), (5, 4))
    check(topi.matmul(c, d, transp_b=True), more, z @ w.T)
