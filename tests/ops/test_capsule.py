import pytest

from autosched.errors import ExpressionError
from autosched.ops import resolve
from tests.ops.cases import check


@pytest.mark.parametrize(
    "shape",
    [
        "h=5 w=4 ci=3 co=2",
        "n=2 h=7 w=5 ci=2 co=3 stride=2 padding=1 capsule=2",
        "h=1 w=1 ci=1 co=1 k=1",
    ],
)
def test_agrees_with_numpy(shape):
    check(f"capsule_conv2d {shape}", atol=1e-5)


def test_a_window_larger_than_the_image_is_refused():
    with pytest.raises(ExpressionError, match="capsule_conv2d to fit into the padded width 4, got"):
        resolve("capsule_conv2d", {"h": 5, "w": 2, "ci": 1, "co": 1, "k": 5, "padding": 1})
