import numpy as np
import pytest

from autosched.te.evaluate import evaluate
from autosched.tvm import topi
from tests.tvm.topi.checks import check, tensors


@pytest.mark.parametrize("multiplier", [1, 2])
@pytest.mark.parametrize(("stride", "padding"), [(1, 1), (2, 0), ((2, 1), (1, 0, 0, 1))])
def test_gradients_are_the_adjoints_of_the_convolution(multiplier, stride, padding):
    (a, x), (w, weights) = tensors((1, 4, 3, 2), (3, 2, 2, multiplier), dtype="float64")
    made = topi.nn.depthwise_conv2d_nhwc(a, w, stride, padding, 1)
    (g, grad) = tensors(tuple(int(n) for n in made.shape), dtype="float64")[0]

    def output(image, filters):
        return evaluate([made], {a: image, w: filters})[0]

    def adjoint(shape, of_one):
        found = np.zeros(shape)
        for place in np.ndindex(*shape):
            one = np.zeros(shape)
            one[place] = 1
            found[place] = (of_one(one) * grad).sum()
        return found

    found = topi.nn.depthwise_conv2d_backward_input_nhwc(w, g, None, x.shape, stride, padding)
    check(found, [(w, weights), (g, grad)], adjoint(x.shape, lambda one: output(one, weights)))
    found = topi.nn.depthwise_conv2d_backward_weight_nhwc(
        a, g, None, weights.shape, stride, padding
    )
    check(found, [(a, x), (g, grad)], adjoint(weights.shape, lambda one: output(x, one)))
