"""Sums of several products in each term are sums of products over one more axis."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.api import as_task
from autosched.search.choice import choose
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.terms import sum_terms
from autosched.search.space.tiles import Core
from autosched.target.target import Target
from tests.schedule.primitives.test_sum_terms import pairs

HOST = replace(Target.host(), threads=1)
CORE = Core.of(HOST, 32)


@pytest.mark.parametrize("sizes", [(17, 16, 16), (33, 7, 65), (64, 64, 48)])
def test_complex_numbers_in_pairs(sizes: tuple[int, int, int]) -> None:
    m, k, n = sizes
    C = pairs(m, k, n)
    assert sum_terms(SketchBuilder([C]), CORE)
    kernel = autosched.build([*C.op.input_tensors, C], target=HOST)
    rng = np.random.default_rng(0)
    a = rng.standard_normal((m, k, 2)).astype("float32")
    b = rng.standard_normal((k, n, 2)).astype("float32")
    result = np.empty((m, n, 2), "float32")
    kernel(a, b, result)
    product = (a[..., 0] + 1j * a[..., 1]) @ (b[..., 0] + 1j * b[..., 1])
    np.testing.assert_allclose(result[..., 0], product.real, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(result[..., 1], product.imag, rtol=1e-4, atol=1e-4)


def test_two_products() -> None:
    shapes = ((20, 9), (9, 37), (20, 9), (9, 37))
    A, B, D, E = inputs = [te.placeholder(s, name=n) for s, n in zip(shapes, "ABDE", strict=True)]
    k = te.reduce_axis((0, 9), name="k")
    value = lambda i, j: A[i, k] * B[k, j] - D[i, k] * E[k, j]  # noqa: E731
    C = te.compute((20, 37), lambda i, j: te.sum(value(i, j), axis=k), name="C")
    assert sum_terms(SketchBuilder([C]), CORE)
    kernel = autosched.build([*inputs, C], target=HOST)
    rng = np.random.default_rng(0)
    a, b, d, e = (rng.standard_normal(shape).astype("float32") for shape in shapes)
    result = np.empty((20, 37), "float32")
    kernel(a, b, d, e, result)
    np.testing.assert_allclose(result, a @ b - d @ e, rtol=1e-4, atol=1e-4)


def test_floats_are_summed_otherwise_only_within_the_tolerance() -> None:
    exact = Core.of(HOST.with_tolerance(0), 32)
    assert not sum_terms(SketchBuilder([pairs(32, 32, 32)]), exact)
    assert sum_terms(SketchBuilder([pairs(32, 32, 32, "int32")]), exact)


def test_what_is_used_a_few_times_stays() -> None:
    assert not sum_terms(SketchBuilder([pairs(4, 32, 32)]), CORE)


def test_the_schedule_names_the_algorithm() -> None:
    C = pairs(32, 32, 32)
    assert choose(as_task([*C.op.input_tensors, C], "cpu", 1), None).algorithm
