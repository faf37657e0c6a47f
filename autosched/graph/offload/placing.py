"""How the image and the weights of a convolution are put into blocks.

Of an image of few channels, blocks are mostly empty. The points of a window along a row become
channels then: those of 7 x 7 windows over 3 channels fill 2 blocks of 16 for each of 7 rows, not
one block for each of 49 points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autosched.graph.offload.packing import Packing
from autosched.graph.operators.blocks import FoldColumns, ToBlocks
from autosched.graph.operators.windows import Windows

Array = np.ndarray
Sizes = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Placing:
    """What puts an image into blocks, how windows move over these, and the weights (co, ci, ...).

    `moves` are the attributes of an operator in blocks that are not at their defaults.
    """

    packing: Packing
    moves: dict[str, Any]
    weight: Array


def placing(
    weight: Array, windows: Windows, filler: int, blocks: ToBlocks, *, may_fold: bool
) -> Placing:
    """The placing of an image with padding of `filler`; `may_fold` if it has its plain layout.

    The accelerator pads with zeros. Other padding is part of the packing.
    """
    pads = (*windows.before, *windows.reach)
    strides, dilations = windows.strides, windows.dilations
    folding = None
    if may_fold and _folds(weight, blocks.block):
        rank = len(windows.counts)
        kernel, around = weight.shape[-1], (pads[rank - 1], pads[-1])
        folding = FoldColumns(kernel, strides[-1], dilations[-1], around, filler)
        pads = (*pads[: rank - 1], 0, *pads[rank:-1], 0)
        strides, dilations = (*strides[:-1], 1), (*dilations[:-1], 1)
        rows = np.moveaxis(weight, -1, 2)
        weight = rows.reshape(len(weight), -1, *rows.shape[3:], 1)
    if any(pads) and filler != blocks.offset:
        blocks, pads = replace(blocks, pads=pads, filler=filler), ()
    return Placing(Packing(blocks, folding), moves(strides, pads, dilations), weight)


def moves(strides: Sizes, pads: Sizes, dilations: Sizes) -> dict[str, Any]:
    """How windows move, as the attributes that are not at their defaults."""
    return {
        **({"strides": strides} if max(strides, default=1) > 1 else {}),
        **({"pads": pads} if any(pads) else {}),
        **({"dilations": dilations} if max(dilations, default=1) > 1 else {}),
    }


def _folds(weight: Array, block: int) -> bool:
    """Whether the points of a row of windows need fewer blocks as channels."""
    if weight.ndim < 3:
        return False
    channels, columns = weight.shape[1], weight.shape[-1]
    return -(-channels * columns // block) < -(-channels // block) * columns
