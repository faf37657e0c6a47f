import numpy as np

from autosched.tvm.topi import testing

X = np.arange(16.0).reshape(1, 1, 4, 4)


def test_a_region_of_the_whole_image() -> None:
    whole = np.array([[0, 0, 0, 4, 4]], float)
    mean = testing.roi_align_nchw_python(X, whole, 2, 1.0, 1)
    assert mean.ravel().tolist() == [5, 7, 13, 15]
    most = testing.roi_align_nchw_python(X, whole, 2, 1.0, 2, "max")
    assert most.ravel().tolist() == [7.5, 9, 13.5, 15]
    outside = np.array([[0, 9, 9, 12, 12]], float)
    assert testing.roi_align_nchw_python(X, outside, 1, 1.0, 1)[0, 0, 0, 0] == 0


def test_parts_of_points() -> None:
    regions = np.array([[0, 0, 0, 6, 6], [0, 2, 2, 2, 2]], float)
    got = testing.roi_pool_nchw_python(X, regions, 2, 0.5)
    assert got[0].ravel().tolist() == [5, 7, 13, 15]
    assert got[1].ravel().tolist() == [5, 5, 5, 5]


def test_points_become_channels() -> None:
    x = np.arange(32.0).reshape(1, 8, 2, 2)
    got = testing.reorg_python(x, 2)
    assert got.shape == (1, 32, 1, 1)
    assert got.ravel()[:4].tolist() == [0, 2, 8, 10]
