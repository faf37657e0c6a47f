import numpy as np

from autosched.tvm.topi.testing import conv2d_nchw_python


def test_a_convolution_by_its_definition() -> None:
    rng = np.random.default_rng(0)
    data, weights = rng.integers(-4, 5, (1, 4, 5, 6)), rng.integers(-4, 5, (2, 2, 3, 2))
    got = conv2d_nchw_python(data, weights, (2, 1), (1, 0, 1, 1), groups=2)
    padded = np.pad(data, ((0, 0), (0, 0), (1, 1), (0, 1)))
    assert got.shape == (1, 2, 3, 6)
    for o in range(2):
        for y in range(3):
            for x in range(6):
                window = padded[0, 2 * o : 2 * o + 2, 2 * y : 2 * y + 3, x : x + 2]
                assert got[0, o, y, x] == (window * weights[o]).sum()


def test_one_number_for_all_sides() -> None:
    data, weights = np.ones((1, 1, 3, 3)), np.ones((1, 1, 3, 3))
    assert conv2d_nchw_python(data, weights, 1, 1)[0, 0, 0].tolist() == [4, 6, 4]
