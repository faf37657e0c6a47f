"""Spectra against their definition."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.errors import GraphError
from autosched.graph.operators.spectral import CosineWindow, Dft, Stft
from autosched.graph.types import TensorType
from tests.graph.operators.sample import axes, floats


def test_a_spectrum_is_a_sum_of_turns_and_has_an_inverse() -> None:
    x = floats(2, 7, 1)
    turns = np.exp(-2j * np.pi * np.outer(np.arange(7), np.arange(7)) / 7)
    wanted = x[..., 0] @ turns
    found = Dft().evaluate(x)
    np.testing.assert_allclose(found[..., 0] + 1j * found[..., 1], wanted, rtol=1e-4, atol=1e-5)
    half = Dft(one_sided=True).evaluate(x)
    np.testing.assert_array_equal(half, found[:, :4])
    back = Dft(inverse=True, one_sided=True).evaluate(half, axes(7))
    np.testing.assert_allclose(back, x, rtol=1e-4, atol=1e-5)


def test_frames_are_transformed_one_by_one() -> None:
    x, window = floats(1, 9, 1), CosineWindow().evaluate(axes(4))
    np.testing.assert_allclose(window, [0, 0.5, 1, 0.5], atol=1e-7)
    found = Stft().evaluate(x, axes(2), window)
    for frame in range(3):
        part = x[:, 2 * frame : 2 * frame + 4] * window[:, np.newaxis]
        wanted = Dft(one_sided=True).evaluate(part)
        np.testing.assert_allclose(found[:, frame], wanted, rtol=1e-4, atol=1e-5)


def test_what_does_not_fit_is_told() -> None:
    x = TensorType.of(floats(1, 8, 1))
    with pytest.raises(GraphError, match="frames within 8 elements"):
        Stft().infer(x, axes(2), None, axes(9))
    with pytest.raises(GraphError, match="an axis of dft that is not the last"):
        Dft().infer(x, None, axes(2))
