import numpy as np
import pytest

from autosched.tvm import te, topi
from tests.tvm.topi.checks import built

OPTIONS = {
    "scales": (1.0,), "ratios": (1.0,), "feature_stride": 10, "threshold": 0.5,
    "rpn_pre_nms_top_n": -1, "rpn_post_nms_top_n": 3, "rpn_min_size": 2,
}  # fmt: skip


def proposed(chances, moves, image, wanted, **options):
    arrays = [np.array(each, "float32") for each in (chances, moves, image)]
    given = [(te.placeholder(each.shape), each) for each in arrays]
    found = topi.vision.rcnn.proposal(*(t for t, _ in given), **OPTIONS | options)
    built(found, given, np.array(wanted, "float32"))


@pytest.mark.parametrize("iou_loss", [False, True])
def test_anchors_that_do_not_move(iou_loss):
    chances = [[[[0, 0]], [[0.4, 0.9]]]]
    still = np.zeros((1, 4, 1, 2))
    wanted = [[0, 10, 0, 19, 9], [0, 0, 0, 9, 9], [0, 10, 0, 19, 9]]
    proposed(chances, still, [[10, 20, 1]], wanted, iou_loss=iou_loss)


def test_moved_edges_overlap_and_are_clipped():
    chances = [[[[0, 0]], [[0.4, 0.9]]]]
    moves = np.zeros((1, 4, 1, 2))
    moves[0, :, 0, 1] = [-8, 0, -8, 4]
    once = [[0, 2, 0, 11, 9]]
    proposed(chances, moves, [[10, 20, 1]], once * 3, iou_loss=True)
    both = [[0, 2, 0, 11, 9], [0, 0, 0, 9, 9], [0, 2, 0, 11, 9]]
    proposed(chances, moves, [[10, 20, 1]], both, iou_loss=True, threshold=0.7)


def test_moved_centres_and_sizes():
    moves = np.zeros((1, 4, 1, 1))
    moves[0, :, 0, 0] = [0.5, 0.1, np.log(0.5), np.log(2)]
    x, y = 4.5 + 5, 4.5 + 1
    wanted = [[0, x - 2, 0, x + 2, y + 9.5]]
    proposed([[[[0]], [[1]]]], moves, [[30, 30, 1]], wanted * 3, iou_loss=False)


def test_small_boxes_come_last_and_grow():
    chances = [[[[0, 0]], [[0.9, 0.4]]]]
    moves = np.zeros((1, 4, 1, 2))
    moves[0, :, 0, 0] = [4, 4, -4, -4]
    wanted = [[0, 10, 0, 19, 9], [0, 2.5, 2.5, 6.5, 6.5], [0, 10, 0, 19, 9]]
    proposed(chances, moves, [[10, 20, 1]], wanted, iou_loss=True, rpn_min_size=3)
    chosen = [[0, 10, 0, 19, 9]]
    options = {"iou_loss": True, "rpn_min_size": 3, "rpn_pre_nms_top_n": 1}
    proposed(chances, moves, [[10, 20, 1]], chosen * 3, **options)
