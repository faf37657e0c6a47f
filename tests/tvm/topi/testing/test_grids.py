import numpy as np

from autosched.tvm.topi import testing

X = np.arange(6.0).reshape(1, 1, 2, 3)


def grid(*places):
    return np.array(places, float).T.reshape(1, 2, 1, len(places))


def test_the_matrix_that_changes_nothing() -> None:
    same = np.array([[[1, 0, 0], [0, 1, 0]]], float)
    places = testing.affine_grid_python(same, (2, 3))
    assert places.tolist() == [[[[-1, 0, 1], [-1, 0, 1]], [[-1, -1, -1], [1, 1, 1]]]]
    for method in ("nearest", "bilinear", "bicubic"):
        np.testing.assert_allclose(testing.grid_sample_python(X, places, method), X)


def test_places_between_and_outside() -> None:
    between = grid((0.5, 0), (2, 0))
    zeros = testing.grid_sample_python(X, between)
    assert zeros.ravel().tolist() == [3, 0]
    border = testing.grid_sample_python(X, between, padding_mode="border")
    assert border.ravel().tolist() == [3, 3.5]
    mirrored = testing.grid_sample_python(X, between, padding_mode="reflection")
    assert mirrored.ravel().tolist() == [3, 2.5]
    edges = testing.grid_sample_python(X, grid((-1, -1)), align_corners=False)
    assert edges.ravel().tolist() == [0]
    edges = testing.grid_sample_python(X + 4, grid((-1, -1)), align_corners=False)
    assert edges.ravel().tolist() == [1]


def test_a_box_of_the_whole_image() -> None:
    boxes = np.array([[0, 0, 1, 1], [0, 0, 2, 1]], float)
    got = testing.crop_and_resize_python(X, boxes, [0, 0], (2, 3), "NCHW", "bilinear", -1)
    assert (got[0] == X[0]).all()
    assert got[1, 0].tolist() == [[0, 1, 2], [-1, -1, -1]]
