import numpy as np
import pytest

from autosched.errors import ExpressionError
from autosched.tvm import te, topi
from tests.tvm.topi.checks import check, tensors


@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 2, 2), (3,)])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("ignored", [-100, 1])
def test_log_likelihood(shape, reduction, ignored):
    (p, x), (w, y) = tensors(shape, (3,))
    places = shape[:1] + shape[2:] if len(shape) > 1 else ()
    t = te.placeholder(places, "int32")
    at = np.random.default_rng(0).integers(0, 3, places).astype("int32")
    at = np.where(places == (), 2, at).astype("int32")
    wanted = topi.testing.nll_loss(x, at, y, reduction, ignored)
    found = topi.nn.nll_loss(p, t, w, reduction, ignored)
    check(found, [(p, x), (t, at), (w, y)], wanted)


def test_a_reduction_that_is_none():
    p, t, w = te.placeholder((4, 3)), te.placeholder((4,), "int32"), te.placeholder((3,))
    with pytest.raises(ExpressionError, match="mean, sum or none as reduction, got 'max'"):
        topi.nn.nll_loss(p, t, w, "max", -100)
