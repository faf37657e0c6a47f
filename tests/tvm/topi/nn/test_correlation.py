import pytest

from autosched.errors import ExpressionError
from autosched.tvm import topi
from tests.tvm.topi.checks import check, tensors


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((1, 3, 5, 6), (1, 2, 1, 1, 2, True)),
        ((2, 1, 6, 5), (3, 1, 2, 1, 2, False)),
        ((1, 2, 7, 8), (3, 3, 1, 2, 3, True)),
    ],
)
def test_patches(shape, options):
    (a, x), (b, y) = given = tensors(shape, shape)
    wanted = topi.testing.correlation_nchw_python(x, y, *options)
    check(topi.nn.correlation_nchw(a, b, *options), given, wanted)


def test_patches_without_a_centre():
    (a, _), (b, _) = tensors((1, 1, 4, 4), (1, 1, 4, 4))
    with pytest.raises(ExpressionError, match="an odd kernel_size for correlation, got 2"):
        topi.nn.correlation_nchw(a, b, 2, 1, 1, 1, 0, True)
