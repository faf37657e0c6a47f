"""Products of three and more factors are summed in the order that takes the fewest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.order import sum_in_order
from autosched.search.space.tiles import Core
from autosched.target.target import Target

HOST = replace(Target.host(), threads=1)
CORE = Core.of(HOST, 32)

Made = tuple[list[te.Tensor], te.Tensor, Callable[..., np.ndarray]]


def placed(*shapes: tuple[int, ...]) -> list[te.Tensor]:
    return [te.placeholder(shape, name=name) for shape, name in zip(shapes, "ABDE", strict=False)]


def matrices() -> Made:
    A, B, D = inputs = placed((19, 23), (23, 17), (17, 37))
    x, y = te.reduce_axis((0, 23), name="x"), te.reduce_axis((0, 17), name="y")
    value = lambda i, j: A[i, x] * B[x, y] * D[y, j]  # noqa: E731
    C = te.compute((19, 37), lambda i, j: te.sum(value(i, j), axis=[x, y]), name="C")
    return inputs, C, lambda a, b, d: a @ b @ d


def four() -> Made:
    A, B, D, E = inputs = placed((11, 13), (13, 17), (17, 12), (12, 21))
    x, y, z = (te.reduce_axis((0, n), name="r") for n in (13, 17, 12))
    value = lambda i, j: A[i, x] * B[x, y] * (D[y, z] * E[z, j])  # noqa: E731
    C = te.compute((11, 21), lambda i, j: te.sum(value(i, j), axis=[x, y, z]), name="C")
    return inputs, C, lambda a, b, d, e: a @ b @ d @ e


def forms() -> Made:
    """Quadratic forms of centred rows."""
    X, M, A = inputs = placed((33, 21), (21,), (21, 21))
    x, y = te.reduce_axis((0, 21), name="x"), te.reduce_axis((0, 21), name="y")
    value = lambda z: (X[z, x] - M[x]) * A[x, y] * (X[z, y] - M[y])  # noqa: E731
    C = te.compute((33,), lambda z: te.sum(value(z), axis=[x, y]), name="C")
    return inputs, C, lambda x, m, a: (((x - m) @ a) * (x - m)).sum(1)


@pytest.mark.parametrize("make", [matrices, four, forms])
def test_products_of_several_factors(make: Callable[[], Made]) -> None:
    inputs, output, meant = make()
    assert sum_in_order(SketchBuilder([output]), CORE)
    kernel = autosched.build([*inputs, output], target=HOST)
    rng = np.random.default_rng(0)
    shapes = [[int(size.value) for size in each.shape] for each in inputs]
    given = [rng.standard_normal(shape).astype("float32") for shape in shapes]
    result = np.empty([int(size.value) for size in output.shape], "float32")
    kernel(*given, result)
    expected = meant(*(each.astype("float64") for each in given))
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def test_floats_are_summed_otherwise_only_within_the_tolerance() -> None:
    exact = Core.of(HOST.with_tolerance(0), 32)
    assert not sum_in_order(SketchBuilder([matrices()[1]]), exact)


def test_sums_of_halves_stay_within_their_range() -> None:
    A, B, D = (
        te.placeholder(shape, "float16", name=name)
        for name, shape in zip("ABD", ((32, 128), (128, 32), (32, 32)), strict=True)
    )
    x, y = te.reduce_axis((0, 128), name="x"), te.reduce_axis((0, 32), name="y")
    value = lambda i, j: A[i, x] * B[x, y] * D[y, j]  # noqa: E731
    C = te.compute((32, 32), lambda i, j: te.sum(value(i, j), axis=[x, y]), name="C")
    kernel = autosched.build([A, B, D, C], target=HOST)
    a, b = np.full((32, 128), 32, "float16"), np.full((128, 32), 32, "float16")
    d = np.zeros((32, 32), "float16")
    d[0] = 2.0**-10
    result = np.empty((32, 32), "float16")
    kernel(a, b, d, result)
    np.testing.assert_array_equal(result, 128)


def test_orders_that_save_nothing_are_left() -> None:
    A, B, D = placed((16, 8), (8, 24), (8, 3))
    x, y = te.reduce_axis((0, 8), name="x"), te.reduce_axis((0, 3), name="y")
    value = lambda i, j: A[i, x] * B[x, j] * D[x, y]  # noqa: E731
    C = te.compute((16, 24), lambda i, j: te.sum(value(i, j), axis=[x, y]), name="C")
    assert not sum_in_order(SketchBuilder([C]), CORE)
