"""Windows over images of few channels become channels along a row."""

from __future__ import annotations

import numpy as np

from autosched.graph.offload.placing import placing
from autosched.graph.operators.blocks import ToBlocks
from autosched.graph.operators.windows import Windows
from autosched.graph.types import TensorType
from autosched.ir.dtype import dtype

BLOCKS = ToBlocks(batch=1, block=16)
WINDOWS = Windows((224, 224), (7, 7), strides=(2, 2), pads=(3, 3, 3, 3))


def weight(channels: int) -> np.ndarray:
    return np.zeros((64, channels, 7, 7), np.int8)


def test_points_of_a_row_become_channels() -> None:
    found = placing(weight(3), WINDOWS, 0, BLOCKS, may_fold=True)
    assert found.weight.shape == (64, 21, 7, 1)
    assert found.moves == {"strides": (2, 1), "pads": (3, 0, 2, 0)}
    image = TensorType(dtype("int8"), (1, 3, 224, 224))
    assert found.packing.infer(image).sizes == (1, 2, 224, 112, 1, 16)


def test_full_blocks_stay_as_they_are() -> None:
    found = placing(weight(16), WINDOWS, 0, BLOCKS, may_fold=True)
    assert found.packing.folding is None
    assert found.moves == {"strides": (2, 2), "pads": (3, 3, 2, 2)}


def test_padding_that_is_not_zero_is_part_of_the_packing() -> None:
    found = placing(weight(3), WINDOWS, 7, BLOCKS, may_fold=False)
    assert found.moves == {"strides": (2, 2)}
    assert (found.packing.blocks.pads, found.packing.blocks.filler) == ((3, 3, 2, 2), 7)
