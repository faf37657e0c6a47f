"""Windows put back: against the pooling and the windows that they undo."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.errors import GraphError
from autosched.graph.operators.pooling import MaxPool
from autosched.graph.operators.unpooling import Col2Im, MaxUnpool
from autosched.graph.types import TensorType
from tests.graph.operators.sample import axes, floats


def test_what_is_unpooled_pools_to_the_same() -> None:
    window = {"kernel": (2, 2), "strides": (2, 2)}
    x = floats(2, 3, 4, 6, low=0.1)
    largest, places = MaxPool(**window).evaluate(x)  # type: ignore[arg-type]
    found = MaxUnpool(**window).evaluate(largest, places)  # type: ignore[arg-type]
    assert ((found == x) | (found == 0)).all()
    np.testing.assert_array_equal(MaxPool(**window).evaluate(found)[0], largest)  # type: ignore[arg-type]


def test_blocks_apart_tile_the_image_and_those_that_overlap_add() -> None:
    image = floats(4, 6)
    blocks = image.reshape(2, 2, 2, 3).transpose(1, 3, 0, 2).reshape(1, 6, 4)
    found = Col2Im(strides=(2, 3)).evaluate(blocks, axes(4, 6), axes(2, 3))
    np.testing.assert_array_equal(found[0, 0], image)
    ones = Col2Im(pads=(1, 0)).evaluate(np.ones((1, 2, 4), np.float32), axes(4), axes(2))
    assert ones.ravel().tolist() == [2, 2, 2, 1]


def test_what_does_not_fit_is_told() -> None:
    with pytest.raises(GraphError, match="expected 4 blocks of 2 elements"):
        Col2Im(pads=(1, 0)).infer(TensorType.of(floats(1, 2, 5)), axes(4), axes(2))
    x = TensorType.of(floats(1, 1, 2))
    with pytest.raises(GraphError, match="at least"):
        MaxUnpool(kernel=(2,)).infer(x, x, axes(1, 1, 2))
