import numpy as np
import pytest

from autosched.errors import ExpressionError
from autosched.ops import resolve
from tests.ops.cases import check


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize(
    "shape",
    [
        "c=2 h=5 w=7 height=10 width=14",
        "n=2 c=3 h=7 w=9 height=4 width=13",
        "c=1 h=1 w=1 height=3 width=1",
    ],
)
def test_agrees_with_numpy(shape, mode):
    check(f"resize {shape} mode={mode}")


@pytest.mark.parametrize(("mode", "count"), [("nearest", 6), ("bilinear", 24)])
def test_a_special_value_changes_what_is_near(mode, count):
    instance = resolve("resize", {"c": 1, "h": 5, "w": 7, "height": 10, "width": 21, "mode": mode})
    (x,) = instance.make_inputs()
    x[0, 0, 2, 3] = np.nan
    (got,), (wanted,) = instance.reference([x]), instance.numpy_reference([x])
    np.testing.assert_array_equal(np.isnan(got), np.isnan(wanted))
    assert np.isnan(got).sum() == count


def test_an_empty_size_is_refused():
    with pytest.raises(ExpressionError, match="extents of at least 1 for resize"):
        resolve("resize", {"c": 1, "h": 2, "w": 2, "height": 0, "width": 2})
