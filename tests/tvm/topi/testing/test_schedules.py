import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.errors import NotOfferedError
from autosched.tvm import te, topi
from autosched.tvm.topi import testing


def test_what_a_target_has() -> None:
    assert testing.dispatch("llvm", {"generic": 1, "cpu": 2}) == 2
    assert testing.dispatch("llvm", {"generic": 1, "gpu": 2}) == 1
    with pytest.raises(NotOfferedError, match="the target llvm among gpu"):
        testing.dispatch("llvm", {"gpu": 2})
    with pytest.raises(NotOfferedError, match=r"topi\.testing\.roi_pool"):
        _ = testing.roi_pool


@pytest.mark.parametrize("kind", ["elemwise", "broadcast", "injective", "reduce"])
def test_schedules_are_the_default_ones(kind) -> None:
    x = te.placeholder((3, 4), name="x")
    y = topi.sum(topi.exp(x), 1)
    schedule = getattr(testing, f"get_{kind}_schedule")("llvm")(y)
    out = tvm.nd.empty((3,))
    tvm.build(schedule, [x, y])(tvm.nd.array(np.zeros((3, 4), "float32")), out)
    assert out.numpy().tolist() == [4, 4, 4]


def test_an_operator_is_compared() -> None:
    x = np.arange(6, dtype="float32").reshape(2, 3)
    schedule = testing.get_injective_schedule("llvm")
    testing.compare_numpy_tvm([x], x.T, "llvm", tvm.cpu(), topi.transpose, schedule)
    with pytest.raises(AssertionError):
        testing.compare_numpy_tvm([x], x.T + 1, "llvm", tvm.cpu(), topi.transpose, schedule)
    convolution, schedule = testing.get_conv2d_nchw_implement("llvm")
    assert convolution is topi.nn.conv2d_nchw
