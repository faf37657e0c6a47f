import numpy as np
import pytest

from autosched.tvm import topi
from autosched.tvm.topi import testing
from tests.tvm.topi.checks import check, tensors


@pytest.mark.parametrize("kind", ["max", "avg"])
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("counted", [False, True])
def test_windows(kind, ceil_mode, counted) -> None:
    ((a, x),) = given = tensors((1, 2, 7, 6), low=0.1)
    made = topi.nn.pool2d(a, (3, 2), (2, 2), (1, 1), (1, 0, 1, 1), kind, ceil_mode, "NCHW", counted)
    want = testing.poolnd_python(
        x, (3, 2), (2, 2), (1, 1), (1, 0), (1, 1), kind, counted, ceil_mode
    )
    if not (ceil_mode and counted and kind == "avg"):
        check(topi.nn.relu(made), given, np.maximum(want, 0))
    first = x[0, 0, :2, :2]
    expected = first.max() if kind == "max" else first.sum() / (6 if counted else 4)
    assert want[0, 0, 0, 0] == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["max", "avg"])
def test_parts(kind) -> None:
    ((a, x),) = given = tensors((1, 2, 7, 6))
    want = testing.adaptive_pool(x, (3, 2), kind, "NCHW")
    check(topi.nn.adaptive_pool(a, (3, 2), kind), given, want)
    last = testing.adaptive_pool(x.transpose(0, 2, 3, 1), (3, 2), kind, "NHWC")
    np.testing.assert_allclose(last.transpose(0, 3, 1, 2), want)
