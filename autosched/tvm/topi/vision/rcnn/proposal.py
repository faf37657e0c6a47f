"""The regions that a network proposes (Ren et al., arXiv:1506.01497)."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, sqrt

import numpy as np

from autosched import te
from autosched.graph.operators.detection import overlaps
from autosched.te.tensor import Tensor
from autosched.tvm.topi.outside import outside
from autosched.tvm.topi.sorting import order

Array = np.ndarray


def proposal(
    cls_prob: Tensor, bbox_pred: Tensor, im_info: Tensor, scales: Sequence[float],
    ratios: Sequence[float], feature_stride: int, threshold: float, rpn_pre_nms_top_n: int,
    rpn_post_nms_top_n: int, rpn_min_size: int, iou_loss: bool,
) -> Tensor:  # fmt: skip
    """The best regions, of which no two overlap by `threshold`: rows of entry and edges.

    `cls_prob` is (batch, 2 * anchors, h, w), `bbox_pred` (batch, 4 * anchors, h, w) and `im_info`
    (batch, 3): the height, the width and the scale of an image. There is an anchor for each ratio
    and scale. Of the `rpn_pre_nms_top_n` best boxes, `rpn_post_nms_top_n` are returned for each
    image; fewer are repeated. With `iou_loss` predictions are moves of edges.
    """
    rows = cls_prob.shape[0] * rpn_post_nms_top_n
    kind = (rows, te.const(5, "int64")), bbox_pred.dtype
    numbers = (
        feature_stride, float(threshold), rpn_pre_nms_top_n, rpn_post_nms_top_n, rpn_min_size,
        iou_loss, len(scales), *map(float, scales), *map(float, ratios),
    )  # fmt: skip
    return _proposed([cls_prob, bbox_pred, im_info], [kind], *numbers)[0]


@outside
def _proposed(
    scores: Array, moves: Array, images: Array, stride: int, threshold: float, most: int,
    count: int, least: int, iou_loss: int, scales: int, *shapes: float,
) -> Array:  # fmt: skip
    batch, _, height, width = scores.shape
    anchors = np.array(
        [_anchor(r, s, stride) for r in shapes[scales:] for s in shapes[:scales]], "float32"
    )
    y, x = np.indices((height, width)) * stride
    boxes = np.stack([x, y, x, y], -1)[:, :, np.newaxis] + anchors
    found = []
    for entry in range(batch):
        moved = moves[entry].reshape(len(anchors), 4, height, width).transpose(2, 3, 0, 1)
        tall, wide, scale = images[entry]
        edges = boxes + moved if iou_loss else _moved(boxes, moved)
        edges = np.clip(edges, 0, np.array([wide, tall, wide, tall]) - 1)
        best = scores[entry, len(anchors) :].transpose(1, 2, 0).copy()
        best[int(tall / stride) :] = -1
        best[:, int(wide / stride) :] = -1
        small = np.any(edges[..., 2:] - edges[..., :2] + 1 < scale * least, axis=-1)
        best[small] = -1
        edges[small] += scale * least / 2 * np.array([-1, -1, 1, 1])
        first = order(best.ravel(), 0, 0)[: most if most > 0 else None]
        chosen = edges.reshape(-1, 4)[first]
        kept = np.resize(_apart(chosen, threshold), count)
        found.append(np.column_stack([np.full(count, entry), chosen[kept]]))
    return np.concatenate(found)


def _anchor(ratio: float, scale: float, size: float) -> list[float]:
    """Return the edges of a box of `ratio` around the middle of a square, of about its area."""
    width = floor(sqrt(floor(size * size / ratio)) + 0.5)
    height = floor(width * ratio + 0.5)
    middle, x, y = (size - 1) / 2, (width * scale - 1) / 2, (height * scale - 1) / 2
    return [middle - x, middle - y, middle + x, middle + y]


def _moved(boxes: Array, moves: Array) -> Array:
    """Return boxes whose centres and sizes are moved in units of the boxes."""
    size = boxes[..., 2:] - boxes[..., :2] + 1
    centre = boxes[..., :2] + (size - 1) / 2 + moves[..., :2] * size
    half = (np.exp(moves[..., 2:]) * size - 1) / 2
    return np.concatenate([centre - half, centre + half], -1)


def _apart(boxes: Array, threshold: float) -> list[int]:
    """Return the boxes that overlap no kept one before them by more than the threshold."""
    low, high = boxes[:, :2], boxes[:, 2:] + 1
    areas = np.prod(high - low, axis=1)
    kept: list[int] = []
    for number in range(len(boxes)):
        common, union = overlaps(low, high, areas, number, kept)
        if not np.any(common > threshold * union):
            kept.append(number)
    return kept
