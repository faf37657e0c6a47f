import numpy as np
import pytest

from autosched.errors import ExpressionError
from autosched.tvm import topi
from tests.tvm.topi.checks import built, tensors


@pytest.mark.parametrize("kind", ["max", "avg"])
@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding"),
    [
        ((2, 2), (2, 2), (0, 0, 0, 0)),
        ((3, 2), (2, 1), (1, 0, 2, 1)),
        ((1, 1), (2, 2), (1, 1, 1, 1)),
    ],
)
def test_gradients(kind, counted, kernel, stride, padding):
    (a, x) = tensors((2, 3, 7, 6), low=0.1)[0]
    pooled = topi.nn.pool2d(a, kernel, stride, (1, 1), padding, kind)
    (g, grad) = tensors(tuple(int(n) for n in pooled.shape))[0]
    wanted = topi.testing.pool_grad_nchw(
        x, grad, kernel, stride, padding, kind, False, counted
    ).astype("float32")
    found = topi.nn.pool_grad(g, a, kernel, stride, padding, kind, False, counted)
    built(found, [(g, grad), (a, x)], wanted)
    arrays = grad.transpose(0, 2, 3, 1), x.transpose(0, 2, 3, 1)
    last = [tensors(each.shape)[0][0] for each in arrays]
    found = topi.nn.pool_grad(*last, kernel, stride, padding, kind, False, counted, "NHWC")
    built(found, list(zip(last, arrays, strict=True)), wanted.transpose(0, 2, 3, 1))


def test_the_first_of_equal_elements_has_the_gradient():
    (g, grad), (a, x) = tensors((1, 1, 1, 1), (1, 1, 2, 2))
    x[:] = 1
    wanted = np.zeros_like(x)
    wanted[0, 0, 0, 0] = grad[0, 0, 0, 0]
    built(topi.nn.pool_grad(g, a, 2, 2, 0, "max"), [(g, grad), (a, x)], wanted)


def test_a_kind_that_is_not_known():
    (g, _), (a, _) = tensors((1, 1, 1, 1), (1, 1, 2, 2))
    with pytest.raises(ExpressionError, match="max or avg of NCHW or NHWC for pool_grad, got sum"):
        topi.nn.pool_grad(g, a, 2, 2, 0, "sum")
