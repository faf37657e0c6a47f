"""Reads between the points of an image: its padding, and convolutions whose taps move."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.errors import GraphError
from autosched.graph.operators.convolution import Conv
from autosched.graph.operators.sampling import DeformConv, GridSample, RoiAlign
from autosched.graph.types import TensorType
from tests.graph.operators.sample import floats

MORE = 6


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize(
    ("padding", "padded"), [("zeros", "constant"), ("border", "edge"), ("reflection", "symmetric")]
)
def test_padding_is_that_of_a_larger_image(mode: str, padding: str, padded: str) -> None:
    image, grid = floats(1, 2, 7), floats(1, 5, 1)
    larger = np.pad(image, ((0, 0), (0, 0), (MORE, MORE)), mode=padded)  # type: ignore[call-overload]
    inside = grid * 7 / (7 + 2 * MORE)  # the same places
    found = GridSample(mode, padding).evaluate(image, grid)
    wanted = GridSample(mode).evaluate(larger, inside.astype(np.float32))
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_corners_are_the_centres_of_the_outer_points() -> None:
    image, ends = floats(1, 1, 5), np.array([-1, 1], np.float32).reshape(1, 2, 1)
    found = GridSample(corners=True).evaluate(image, ends)
    np.testing.assert_array_equal(found[0, 0], image[0, 0, [0, -1]])


def test_taps_that_do_not_move_make_a_convolution() -> None:
    x, weight, bias = floats(2, 4, 5, 6), floats(6, 2, 3, 2), floats(6)
    window = {"strides": (2, 1), "pads": (1, 0, 1, 1), "groups": 2}
    wanted = Conv(**window).evaluate(x, weight, bias)  # type: ignore[arg-type]
    offset = np.zeros((2, 2 * 12, *wanted.shape[2:]), np.float32)
    found = DeformConv(sets=2, **window).evaluate(x, weight, offset, bias)  # type: ignore[arg-type]
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_a_region_of_one_colour_has_that_colour() -> None:
    image = np.full((1, 3, 8, 8), 5, np.float32)
    region = np.array([[1, 2, 6, 7]], np.float32)
    found = RoiAlign(size=(2, 3)).evaluate(image, region, np.array([0]))
    np.testing.assert_allclose(found, np.full((1, 3, 2, 3), 5))


def test_what_does_not_fit_is_told() -> None:
    x, weight = TensorType.of(floats(1, 4, 5, 5)), TensorType.of(floats(2, 4, 3, 3))
    with pytest.raises(GraphError, match="a grid for"):
        GridSample().infer(x, x.with_shape(1, 2, 2, 3))
    with pytest.raises(GraphError, match=r"offsets \[1, 18, 3, 3\]"):
        DeformConv().infer(x, weight, x)
