import numpy as np

from autosched.tvm.topi import testing


def test_a_patch_is_most_like_itself() -> None:
    x = np.random.default_rng(0).random((1, 2, 5, 5))
    moved = np.roll(x, 1, axis=3)
    found = testing.correlation_nchw_python(x, moved, 1, 1, 1, 1, 0, False)
    assert found.shape == (1, 9, 3, 3)
    assert (found[0, 5] == 0).all()
    assert (np.delete(found[0], 5, axis=0) > 0).all()


def test_windows_that_do_not_move_are_a_convolution() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.random((1, 2, 4, 5)), rng.random((3, 2, 3, 3))
    want = testing.conv2d_nchw_python(x, w, 1, 1)
    still = np.zeros((1, 18, 4, 5))
    got = testing.deformable_conv2d_nchw_python(x, still, w, 1, 1, 1, 1, 1)
    np.testing.assert_allclose(got, want)
    right = still.copy()
    right[:, 1::2] = 1
    got = testing.deformable_conv2d_nchw_python(x, right, w, 1, 1, 1, 1, 1)
    np.testing.assert_allclose(got[..., 1:-1], want[..., 2:])


def test_places_between_points_are_interpolated() -> None:
    x = np.arange(4.0).reshape(1, 1, 2, 2)
    moves = np.full((1, 2, 1, 1), 0.5)
    got = testing.deformable_conv2d_nchw_python(x, moves, np.ones((1, 1, 1, 1)), 2, 0, 1, 1, 1)
    assert got.tolist() == [[[[1.5]]]]
    outside = np.full((1, 2, 1, 1), -0.5)
    got = testing.deformable_conv2d_nchw_python(x, outside, np.ones((1, 1, 1, 1)), 2, 0, 1, 1, 1)
    assert got.tolist() == [[[[0]]]]
