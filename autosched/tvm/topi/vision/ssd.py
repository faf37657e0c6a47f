"""The anchor boxes of single-shot detectors (Liu et al., arXiv:1512.02325)."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from autosched import te
from autosched.ir.build import as_expr
from autosched.ir.dtype import FLOAT32
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.outside import outside
from autosched.tvm.topi.utils import get_const_int
from autosched.tvm.topi.vision.nms import non_max_suppression

Array = np.ndarray


def multibox_prior(
    data: Tensor, sizes: Sequence[float] = (1,), ratios: Sequence[float] = (1,),
    steps: Sequence[float] = (-1, -1), offsets: Sequence[float] = (0.5, 0.5), clip: bool = False,
) -> Tensor:  # fmt: skip
    """The boxes around each point of `data` (n, c, h, w): (1, h * w * shapes, 4), from 0 to 1.

    A point has a box of every size with the first ratio, and of the first size with the other
    ratios. Steps below 0 divide the image evenly. A box is left, top, right and bottom.
    """
    height, width = (get_const_int(extent) for extent in data.shape[2:])
    across = height / width
    shapes = [(size * across / 2, size / 2) for size in sizes]
    shapes += [(sizes[0] * across * sqrt(r) / 2, sizes[0] / sqrt(r) / 2) for r in ratios[1:]]
    apart = [step if step > 0 else 1 / n for step, n in zip(steps, (height, width), strict=True)]

    def edge(_: Expr, box: Expr, side: Expr) -> Expr:
        which, point = box % len(shapes), box // len(shapes)
        x, y = (
            (at.astype("float32") + offsets[1 - n]) * apart[1 - n]
            for n, at in enumerate((point % width, point // width))
        )
        w, h = (as_expr(half, FLOAT32) for half in shapes[-1])
        for number, (half_width, half_height) in enumerate(shapes[:-1]):
            w = te.if_then_else(which == number, half_width, w)
            h = te.if_then_else(which == number, half_height, h)
        centre = te.if_then_else(side % 2 == 0, x, y)
        half = te.if_then_else(side % 2 == 0, w, h)
        value = te.if_then_else(side < 2, centre - half, centre + half)
        return te.clip(value, 0.0, 1.0) if clip else value

    return te.compute((1, height * width * len(shapes), 4), edge, name="multibox_prior")


def multibox_transform_loc(
    cls_prob: Tensor, loc_pred: Tensor, anchor: Tensor, clip: bool = True,
    threshold: float = 0.01, variances: Sequence[float] = (0.1, 0.1, 0.2, 0.2),
    keep_background: bool = False,
) -> list[Tensor]:  # fmt: skip
    """The boxes (batch, anchors, 6) whose class is above the threshold, and how many they are.

    A box is its class, its probability and its edges. `cls_prob` is (batch, classes, anchors),
    `loc_pred` (batch, anchors * 4) and `anchor` (1 or batch, anchors, 4). Class 0 is the
    background, which is left out, and the classes after it count from 0.
    """
    batch, _, count = cls_prob.shape
    kinds = [((batch, count, te.const(6, "int64")), loc_pred.dtype), ((batch,), "int32")]
    inputs = [cls_prob, loc_pred, anchor]
    return _located(inputs, kinds, clip, threshold, keep_background, *variances)


def multibox_detection(
    cls_prob: Tensor, loc_pred: Tensor, anchor: Tensor, clip: bool = True,
    threshold: float = 0.01, nms_threshold: float = 0.5, force_suppress: bool = False,
    variances: Sequence[float] = (0.1, 0.1, 0.2, 0.2), nms_topk: int = -1,
) -> Tensor:  # fmt: skip
    """The boxes of `multibox_transform_loc` that overlap no better one; others are -1."""
    boxes, count = multibox_transform_loc(cls_prob, loc_pred, anchor, clip, threshold, variances)
    found: Tensor = non_max_suppression(
        boxes, count, count, -1, nms_threshold, force_suppress, nms_topk, return_indices=False
    )
    return found


@outside
def _located(
    probabilities: Array, moves: Array, anchors: Array, clip: int, threshold: float,
    keep_background: int, *variances: float,
) -> list[Array]:  # fmt: skip
    batch, _, count = probabilities.shape
    found, counts = np.zeros((batch, count, 6), moves.dtype), np.zeros(batch, "int32")
    first = 0 if keep_background else 1
    for entry in range(batch):
        classes = probabilities[entry, first:].argmax(axis=0) + first
        scores = probabilities[entry, classes, np.arange(count)]
        classes = np.where(scores < threshold, 0, classes)
        kept = np.arange(count) if keep_background else np.flatnonzero(classes > 0)
        edges = _moved(anchors[0, kept], moves[entry].reshape(-1, 4)[kept] * variances)
        rows = np.column_stack([classes[kept] - first, scores[kept], edges])
        rows[:, 2:] = np.clip(rows[:, 2:], 0, 1) if clip else rows[:, 2:]
        found[entry, : len(kept)], counts[entry] = rows, len(kept)
    return [found, counts]


def _moved(anchors: Array, moves: Array) -> Array:
    """Return the edges of boxes whose centres and sizes are moved in units of the boxes."""
    low, high = anchors[:, :2], anchors[:, 2:]
    size = high - low
    centre = (low + high) / 2 + moves[:, :2] * size
    half = np.exp(moves[:, 2:]) * size / 2
    return np.concatenate([centre - half, centre + half], axis=1)
