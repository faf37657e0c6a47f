"""The references by hand-made sums, so that a mistake is not shared with the operators."""

import numpy as np
import pytest

from autosched.ops import reference, reference_rows, reference_windows


@pytest.mark.parametrize(("stride", "padding", "dilation", "groups"), [(1, 0, 1, 1), (2, 1, 2, 2)])
def test_a_convolution_point_by_point(stride, padding, dilation, groups):
    generator = np.random.default_rng(1)
    x = generator.integers(-4, 5, (2, 4, 7, 6)).astype("float64")
    w = generator.integers(-4, 5, (6, 4 // groups, 3, 2)).astype("float64")
    got = reference_windows.convolution(
        x, w, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    image = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    for n, co, y, z in np.ndindex(got.shape):
        first = co // (6 // groups) * (4 // groups)
        total = sum(
            image[n, first + c, y * stride + p * dilation, z * stride + q * dilation]
            * w[co, c, p, q]
            for c, p, q in np.ndindex(w.shape[1:])
        )
        assert got[n, co, y, z] == total


def test_a_depthwise_convolution_is_a_grouped_one():
    generator = np.random.default_rng(2)
    x, w = generator.random((1, 5, 7, 7)), generator.random((5, 3, 3))
    np.testing.assert_allclose(
        reference_windows.depthwise_conv2d(x, w, stride=2, padding=1),
        reference_windows.convolution(x, w[:, None], stride=2, padding=1, groups=5),
    )


def test_pooling_by_hand():
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    np.testing.assert_array_equal(reference_windows.max_pool(x, k=2)[0, 0], [[4, 5], [7, 8]])
    np.testing.assert_array_equal(reference_windows.avg_pool(x, k=2)[0, 0], [[2, 3], [5, 6]])
    padded = reference_windows.avg_pool(x, k=3, stride=2, padding=1)[0, 0]
    np.testing.assert_allclose(padded * 9, [[8, 12], [20, 24]])
    alone = reference_windows.avg_pool(x, k=3, stride=2, padding=1, count_include_pad=False)[0, 0]
    np.testing.assert_array_equal(alone, [[2, 3], [5, 6]])


def test_dense_by_hand():
    x, w, b = np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [-5.0, 1.0]]), np.array([1.0, 1.0])
    np.testing.assert_array_equal(reference.dense(x, w, b), [[12, -2]])
    np.testing.assert_array_equal(reference.dense(x, w, b, activation="relu"), [[12, 0]])


def test_normalising_by_hand():
    x = np.array([[1.0, 3.0]])
    np.testing.assert_allclose(
        reference_rows.layer_norm(x, np.ones(2), np.zeros(2), epsilon=0.0), [[-1, 1]]
    )
    np.testing.assert_allclose(reference_rows.softmax(np.log(x)), [[0.25, 0.75]])
    assert reference.gelu(np.array([0.0])) == 0
    np.testing.assert_allclose(reference.gelu(np.array([1.0])), 0.8413447460685429)
