import numpy as np
import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.ops import resolve
from autosched.ops.norms import layer_norm
from autosched.te.evaluate import evaluate
from tests.ops.cases import check


@pytest.mark.parametrize("shape", ["m=5 n=13", "m=1 n=2", "m=31 n=127", "m=3 n=7 epsilon=0.5"])
def test_agrees_with_numpy(shape):
    check(f"layer_norm {shape}")


@pytest.mark.parametrize(
    "command",
    [
        "rms_norm m=5 n=13",
        "rms_norm m=1 n=1 epsilon=0.5",
        "l2_norm m=7 n=11",
        "l2_norm m=1 n=1",
        "group_norm n=2 c=12 h=5 w=3 groups=3",
        "group_norm c=5 h=1 w=7 groups=1",
        "instance_norm n=2 c=3 h=5 w=7",
        "batch_norm n=2 c=3 h=5 w=7 epsilon=0.01",
    ],
)
def test_other_norms_agree_with_numpy(command):
    check(command)


def test_groups_that_do_not_divide_the_channels_are_refused():
    with pytest.raises(ExpressionError, match="groups of group_norm to divide 6 channels, got 4"):
        resolve("group_norm", {"c": 6, "h": 2, "w": 2, "groups": 4})


def test_an_offset_does_not_cancel_the_variance():
    x = te.placeholder((1, 4), name="x")
    ones, zeros = te.placeholder((4,), name="gamma"), te.placeholder((4,), name="beta")
    values = np.array([[-1, 1, -1, 1]], "float32")
    inputs = {ones: np.ones(4, "float32"), zeros: np.zeros(4, "float32")}
    got = evaluate([layer_norm(x, ones, zeros)], {x: values + 4096, **inputs})[0]
    np.testing.assert_allclose(got, values, rtol=1e-5)


def test_invalid_arguments_are_refused():
    x, beta = te.placeholder((2, 5), name="x"), te.placeholder((5,), name="beta")
    with pytest.raises(ExpressionError, match="dimension 0 of gamma of layer_norm to be 5, got 2"):
        layer_norm(x, te.placeholder((2,), name="gamma"), beta)
    with pytest.raises(ExpressionError, match="dtype float32 of x, got float64"):
        layer_norm(x, te.placeholder((5,), "float64", name="gamma"), beta)


@pytest.mark.parametrize("epsilon", ["-1", "nan", "inf"])
def test_an_invalid_epsilon_is_refused(epsilon):
    with pytest.raises(ExpressionError, match="expected a finite epsilon of at least 0"):
        resolve("layer_norm", {"m": "3", "n": "4", "epsilon": epsilon})
