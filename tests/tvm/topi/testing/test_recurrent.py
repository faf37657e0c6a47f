import numpy as np

from autosched.tvm.topi import testing


def test_two_steps_by_hand() -> None:
    ones = np.ones((4, 1), "float32")
    x = np.array([[[0.5]], [[-1.0]]], "float32")
    hs, cs = testing.lstm_python(x, ones, 0 * ones)
    gate = 1 / (1 + np.exp(-x[:, 0, 0]))
    first = gate[0] * np.tanh(0.5)
    second = gate[1] * first + gate[1] * np.tanh(-1.0)
    np.testing.assert_allclose(cs[:, 0, 0], [first, second], rtol=1e-6)
    np.testing.assert_allclose(hs[:, 0, 0], gate * np.tanh([first, second]), rtol=1e-6)
    back, _ = testing.lstm_python(x[::-1], ones, 0 * ones, reverse=True)
    np.testing.assert_allclose(back, hs)
