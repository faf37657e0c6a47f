"""Minimal filtering: the matrices, and the rounding error that is stated."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from autosched import te
from autosched.schedule.sliding import windows_of
from autosched.schedule.winograd import TAPS, TRANSFORMS, Matrix, relative_error, shared_pairs


def product(rows: Matrix, values: list[Fraction]) -> list[Fraction]:
    return [sum((a * b for a, b in zip(row, values, strict=True)), Fraction()) for row in rows]


@pytest.mark.parametrize("tile", TRANSFORMS)
def test_the_matrices_filter_exactly(tile: int) -> None:
    """For every pair of unit vectors; the product is bilinear."""
    transform = TRANSFORMS[tile]
    for place in range(tile + TAPS - 1):
        image = [Fraction(n == place) for n in range(tile + TAPS - 1)]
        for tap in range(TAPS):
            taps = [Fraction(n == tap) for n in range(TAPS)]
            points = zip(
                product(transform.image, image), product(transform.filters, taps), strict=True
            )
            got = product(transform.result, [a * b for a, b in points])
            assert got == [Fraction(point + tap == place) for point in range(tile)]


@pytest.mark.parametrize("tile", TRANSFORMS)
@pytest.mark.parametrize("which", ["image", "filters", "result"])
def test_shared_sums_make_the_same_rows(tile: int, which: str) -> None:
    rows: Matrix = getattr(TRANSFORMS[tile], which)
    pairs, sums = shared_pairs(rows)
    for place in range(len(rows[0])):
        values = [Fraction(n == place) for n in range(len(rows[0]))]
        for pair in pairs:
            values.append(sum((factor * values[term] for term, factor in pair), Fraction()))
        got = [sum(factor * values[term] for term, factor in each.items()) for each in sums]
        assert got == [row[place] for row in rows]


def test_rows_share_sums_of_two_taps() -> None:
    pairs, sums = shared_pairs(TRANSFORMS[4].image)
    assert sum(len(terms) - 1 for terms in (*pairs, *sums)) == 12  # each row by itself has 16


@pytest.mark.parametrize("tile", TRANSFORMS)
@pytest.mark.parametrize("channels", [1, 16, 64])
def test_rounding_is_as_stated(tile: int, channels: int) -> None:
    """In two dimensions, against sums in float64."""
    transform, span = TRANSFORMS[tile], tile + TAPS - 1
    image, filters, result = (
        np.array(rows, dtype=np.float32)
        for rows in (transform.image, transform.filters, transform.result)
    )
    random = np.random.default_rng(tile)
    d = random.uniform(-1, 1, (200, channels, span, span)).astype(np.float32)
    g = random.uniform(-1, 1, (channels, TAPS, TAPS)).astype(np.float32)
    products = (image @ d @ image.T) * (filters @ g @ filters.T)
    total = np.zeros((200, span, span), np.float32)
    for channel in range(channels):
        total += products[:, channel]
    got = result @ total @ result.T
    windows = np.lib.stride_tricks.sliding_window_view(d.astype(np.float64), (TAPS, TAPS), (2, 3))
    want = np.einsum("ncyxpq,cpq->nyx", windows, g.astype(np.float64))
    error = np.abs(got - want) / (np.abs(want) + np.sqrt(np.mean(want**2)))
    stated = relative_error(found(channels), tile)
    assert stated / 20 < error.max() < stated


def found(channels: int) -> object:
    A = te.placeholder((channels, 8, 8), name="A")
    W = te.placeholder((4, channels, 3, 3), name="W")
    c, p, q = (te.reduce_axis((0, n)) for n in (channels, 3, 3))
    C = te.compute(
        (4, 6, 6), lambda o, y, x: te.sum(A[c, y + p, x + q] * W[o, c, p, q], axis=[c, p, q])
    )
    windows = windows_of(C.op)
    assert windows is not None
    return windows
