import numpy as np
import pytest

from autosched.tvm import te, topi
from tests.tvm.topi.checks import built, check


@pytest.mark.parametrize(
    ("sizes", "ratios", "steps", "offsets", "clip"),
    [
        ((1,), (1,), (-1, -1), (0.5, 0.5), False),
        ((0.5, 0.25), (1, 2, 0.5), (-1, 0.3), (0.5, 0.25), False),
        ((0.5, 0.25), (1, 2), (2, 2), (0, 0.5), True),
    ],
)
def test_anchors(sizes, ratios, steps, offsets, clip):
    a = te.placeholder((1, 3, 4, 5))
    apart = [step if step > 0 else 1 / n for step, n in zip(steps, (4, 5), strict=True)]
    rows = []
    for i, j in np.ndindex(4, 5):
        y, x = (i + offsets[0]) * apart[0], (j + offsets[1]) * apart[1]
        shapes = [(size * 4 / 5, size) for size in sizes]
        shapes += [(sizes[0] * 4 / 5 * r**0.5, sizes[0] / r**0.5) for r in ratios[1:]]
        rows += [[x - w / 2, y - h / 2, x + w / 2, y + h / 2] for w, h in shapes]
    wanted = np.array([rows])
    wanted = wanted.clip(0, 1) if clip else wanted
    found = topi.vision.ssd.multibox_prior(a, sizes, ratios, steps, offsets, clip)
    check(found, [], wanted)


def test_boxes_of_anchors():
    chances = np.array([[[0.2, 0.5, 0.3], [0.25, 0.3, 0.45], [0.7, 0.1, 0.2]]], "float32")
    moves = np.array([[1, -2, 3, 2, 2, 4, 5, -3, 7, -2, -4, -8]], "float32") / 10
    anchors = np.array([[[-1, -1, 0, 1], [0, 0, 1, 1], [0, 0, 0.5, 1]]], "float32") / 10 + 0.5
    given = [(te.placeholder(each.shape), each) for each in (chances, moves, anchors)]
    tensors = [tensor for tensor, _ in given]
    low, high = anchors[0, :, :2], anchors[0, :, 2:]
    steps = moves.reshape(3, 4) * [0.1, 0.1, 0.2, 0.2]
    centres = (low + high) / 2 + steps[:, :2] * (high - low)
    halves = np.exp(steps[:, 2:]) * (high - low) / 2
    edges = np.concatenate([centres - halves, centres + halves], 1)
    rows = np.column_stack([[1, 0, 0], [0.7, 0.3, 0.45], edges]).astype("float32")
    located = topi.vision.ssd.multibox_transform_loc(*tensors)
    built(located, given, [rows[np.newaxis], np.array([3], "int32")])
    several = topi.vision.ssd.multibox_transform_loc(*tensors, threshold=0.4)
    kept = np.array([[rows[0], rows[2], [0] * 6]], "float32")
    built(several, given, [kept, np.array([2], "int32")])
    found = topi.vision.ssd.multibox_detection(*tensors, nms_threshold=0.01)
    wanted = np.array([[rows[0], rows[2], [-1] * 6]], "float32")
    built(found, given, wanted)


def test_the_background_is_kept():
    chances = np.array([[[0.9, 0.2], [0.1, 0.8]]], "float32")
    given = [(te.placeholder(each.shape), each) for each in (
        chances, np.zeros((1, 8), "float32"), np.tile([0.1, 0.2, 0.3, 0.4], (1, 2, 1)).astype("f4")
    )]  # fmt: skip
    found = topi.vision.ssd.multibox_transform_loc(*(t for t, _ in given), keep_background=True)
    rows = [[0, 0.9, 0.1, 0.2, 0.3, 0.4], [1, 0.8, 0.1, 0.2, 0.3, 0.4]]
    built(found, given, [np.array([rows], "float32"), np.array([2], "int32")])
