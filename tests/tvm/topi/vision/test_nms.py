import numpy as np
import pytest

from autosched.errors import NotOfferedError
from autosched.tvm import te, topi
from tests.tvm.topi.checks import built, tensors

ROWS = np.array(
    [
        [
            [0, 0.8, 1, 20, 25, 45],
            [1, 0.7, 30, 60, 50, 80],
            [0, 0.4, 4, 21, 19, 40],
            [2, 0.9, 52, 79, 35, 61],
            [1, 0.5, 100, 60, 70, 110],
        ]
    ],
    "float32",
)
NUMBERS = np.array([[5, 6, 7, 8, 9]], "int32")
NONE = [-1.0] * 6


def inputs(count, rows=ROWS):
    arrays = [rows, np.array([count], "int32"), NUMBERS]
    return [(te.placeholder(each.shape, each.dtype.name), each) for each in arrays]


@pytest.mark.parametrize(
    ("count", "options", "kept"),
    [
        (4, {"iou_threshold": 0.7, "force_suppress": True, "top_k": 2}, [3, 0]),
        (4, {"iou_threshold": 0.4, "force_suppress": True}, [3, 0, None, None]),
        (4, {"iou_threshold": 0.4}, [3, 0, 1, None]),
        (5, {"iou_threshold": 0.3}, [3, 0, 1, 4, None]),
        (5, {"iou_threshold": 0.3, "max_output_size": 2}, [3, 0]),
        (3, {"iou_threshold": 0.0}, [0, 1, 2]),
        (0, {}, []),
    ],
)
def test_boxes_that_overlap_no_better_one(count, options, kept):
    given = inputs(count)
    found = topi.vision.non_max_suppression(
        *(tensor for tensor, _ in given), return_indices=False, **options
    )
    rows = [NONE if place is None else ROWS[0, place] for place in kept]
    wanted = np.array([[*rows, *[NONE] * (5 - len(rows))]], "float32")
    built(found, given, wanted)
    numbers = topi.vision.non_max_suppression(*(tensor for tensor, _ in given), **options)
    chosen = [place + 5 for place in kept if place is not None]
    padded = np.array([chosen + [-1] * (5 - len(chosen))], "int32")
    built(numbers, given, [padded, np.array([[len(chosen)]], "int32")])


def test_boxes_are_moved_up_and_those_without_a_score_stay():
    rows = ROWS.copy()
    rows[0, 0, 1] = 0
    given = inputs(3, rows)
    options = {"return_indices": False, "iou_threshold": 0.1, "force_suppress": True}
    tensors_ = [tensor for tensor, _ in given]
    found = topi.vision.non_max_suppression(*tensors_, **options)
    kept = [rows[0, 1], rows[0, 2], rows[0, 0]]
    built(found, given, np.array([[*kept, NONE, NONE]], "float32"))
    rows[0, 2, 2:] = rows[0, 1, 2:]
    found = topi.vision.non_max_suppression(*tensors_, invalid_to_bottom=True, **options)
    kept = [rows[0, 1], rows[0, 0]]
    built(found, given, np.array([[*kept, NONE, NONE, NONE]], "float32"))


@pytest.mark.parametrize(("id_index", "least"), [(-1, 0.1), (1, -0.5)])
def test_boxes_above_a_score(id_index, least):
    ((a, x),) = given = tensors((3, 7, 6))
    boxes, numbers = np.full_like(x, -1), np.full((3, 7), -1, "int32")
    counts = np.zeros(3, "int32")
    for n, row in np.ndindex(3, 7):
        box = x[n, row]
        if box[2] > least and (id_index < 0 or box[id_index] >= 0):
            boxes[n, counts[n]], numbers[n, counts[n]] = box, row
            counts[n] += 1
    found = topi.vision.get_valid_counts(a, least, id_index, 2)
    built(found, given, [counts, boxes, numbers])


def test_boxes_of_each_class():
    corners = np.array([[0, 0, 3, 3], [0, 0, 4, 4], [5, 5, 9, 9]], "float32")[np.newaxis]
    chances = np.array([[[0.1, 0.2, 0.3], [0.3, 0.2, -0.1]]], "float32")
    given = [(te.placeholder(each.shape), each) for each in (corners, chances)]
    boxes, scores = (tensor for tensor, _ in given)
    found = topi.vision.all_class_non_max_suppression(boxes, scores, -1, 0.5, 0.0)
    rows = [[0, 0, 2], [0, 0, 1], [0, 1, 0]]
    wanted = [np.array([*rows, *[[0] * 3] * 3]), np.array([3])]
    built(found, given, wanted)
    found = topi.vision.all_class_non_max_suppression(boxes, scores, 1, 0.5, 0.25)
    built(found, given, [np.array([rows[0], rows[2], *[[0] * 3] * 4]), np.array([2])])
    with pytest.raises(NotOfferedError, match="the format tensorflow"):
        topi.vision.all_class_non_max_suppression(boxes, scores, 1, output_format="tensorflow")
