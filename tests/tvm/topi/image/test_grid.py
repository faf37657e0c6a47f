import pytest

from autosched.errors import ExpressionError
from autosched.tvm import topi
from tests.tvm.topi.checks import built, check, tensors


def test_places_by_matrices():
    ((a, x),) = given = tensors((2, 2, 3))
    wanted = topi.testing.affine_grid_python(x, (3, 5))
    check(topi.image.affine_grid(a, (3, 5)), given, wanted)


@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("corners", [True, False])
def test_images_at_places(method, padding, corners):
    (a, x), (g, grid) = tensors((2, 3, 4, 5), (2, 2, 3, 2), low=-1.5, high=1.5)
    options = (method, "NCHW", padding, corners)
    wanted = topi.testing.grid_sample_python(x, grid, *options).astype("float32")
    built(topi.image.grid_sample(a, g, *options), [(a, x), (g, grid)], wanted, rtol=1e-4)


def test_volumes_at_places():
    (a, x), (g, grid) = tensors((1, 2, 3, 4, 5), (1, 3, 2, 3, 2), low=-1.2, high=1.2)
    options = ("bilinear", "NCDHW", "zeros", True)
    wanted = topi.testing.grid_sample_python(x, grid, *options).astype("float32")
    built(topi.image.grid_sample(a, g, *options), [(a, x), (g, grid)], wanted, rtol=1e-4)


def test_a_method_that_is_not_known():
    (a, _), (g, _) = tensors((1, 1, 2, 2), (1, 2, 1, 1))
    with pytest.raises(ExpressionError, match="got linear with zeros of NCHW"):
        topi.image.grid_sample(a, g, "linear")
