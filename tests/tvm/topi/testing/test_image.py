import numpy as np
import pytest

from autosched.tvm import topi
from autosched.tvm.topi import testing
from tests.tvm.topi.checks import check, tensors


@pytest.mark.parametrize("method", ["nearest_neighbor", "linear", "cubic"])
@pytest.mark.parametrize("mode", ["align_corners", "asymmetric", "half_pixel"])
def test_images(method, mode) -> None:
    ((a, x),) = given = tensors((1, 2, 4, 6))
    want = testing.resize2d_python(x, (1.5, 0.5), "NCHW", method, mode)
    check(topi.image.resize2d(a, (0.0,) * 4, (6, 3), "NCHW", method, mode), given, want, 1e-4, 1e-4)
    volume = testing.resize3d_python(x[:, :, None], (1, 1.5, 0.5), "NCDHW", method, mode)
    np.testing.assert_allclose(volume[:, :, 0], want)


def test_a_cubic_of_a_line_is_the_line_inside() -> None:
    line = np.arange(8.0).reshape(1, 1, 8)
    found = testing.resize1d_python(line, (2,), "NCW", "cubic", "asymmetric")
    np.testing.assert_allclose(found[0, 0, 2:12], np.arange(1, 6, 0.5))


def test_signals_and_volumes() -> None:
    ((a, x),) = given = tensors((1, 4, 2))
    want = testing.resize1d_python(x, (1.5,), "NWC", "linear", "half_pixel")
    check(topi.image.resize1d(a, (0.0,) * 2, (6,), "NWC"), given, want)
    ((a, x),) = given = tensors((1, 1, 2, 3, 2))
    want = testing.resize3d_python(x, (2, 3, 1), "NCDHW", "linear", "asymmetric")
    made = topi.nn.upsampling3d(a, 2, 3, 1, "NCDHW", "trilinear", "asymmetric")
    check(made, given, want)
