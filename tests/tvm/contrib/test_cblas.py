"""Products of matrices by a library."""

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.tvm import te
from autosched.tvm.contrib import cblas


@pytest.mark.parametrize("transa", [False, True])
@pytest.mark.parametrize("transb", [False, True])
def test_a_product_followed_by_a_stage(transa: bool, transb: bool) -> None:
    random = np.random.default_rng(0)
    a = random.integers(-4, 5, (3, 5) if transa else (5, 3)).astype("float32")
    b = random.integers(-4, 5, (2, 3) if transb else (3, 2)).astype("float32")
    A, B = te.placeholder(a.shape, name="A"), te.placeholder(b.shape, name="B")
    C = cblas.matmul(A, B, transa, transb)
    D = te.compute(C.shape, lambda i, j: C[i, j] + 1.0, name="D")
    kernel = tvm.build(te.create_schedule(D.op), [A, B, D])
    d = tvm.nd.array(np.zeros((5, 2), "float32"))
    kernel(tvm.nd.array(a), tvm.nd.array(b), d)
    want = (a.T if transa else a) @ (b.T if transb else b) + 1
    np.testing.assert_array_equal(d.numpy(), want)
    assert tvm.get_global_func("tvm.contrib.cblas.matmul") is not None
