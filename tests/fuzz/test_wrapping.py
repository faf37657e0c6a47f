"""Integers wrap at their width, whatever the schedule: hashes of axes, quotients and masks."""

from __future__ import annotations

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.ir.interpreter import interpret
from autosched.lowering.lower import lower
from autosched.passes import pipeline
from autosched.target.target import Target
from autosched.te.evaluate import evaluate

M, P = 6364136223846793005, 1442695040888963407
ROWS, COLUMNS = 6, 37

FORMULAS = {
    "quotient": lambda i, j: te.floordiv(j * M + P, 7),
    "remainder": lambda i, j: te.floormod(j * M + P, 7),
    "quotient of a power of two": lambda i, j: (j * M + P) // 1024,
    "remainder of a power of two": lambda i, j: (j * M + P) % 1024,
    "negative divisor": lambda i, j: (j * M + P) // -9,
    "least": lambda i, j: te.minimum(j * M, i * P),
    "greatest": lambda i, j: te.maximum(j * M + 1, j * M),
    "order": lambda i, j: te.if_then_else(j * M < i * P, 1, 0).astype("int64"),
    "order of sums": lambda i, j: te.if_then_else(j + (2**63 - 9) <= j + 3, 1, 0).astype("int64"),
    "equality": lambda i, j: te.if_then_else((j * 2**62).equal(0), 1, 0).astype("int64"),
    "whole": lambda i, j: (j * M + i * P) // 5 * 5 + (j * M + i * P) % 5,
    "nested": lambda i, j: (j * M // 3 + 2**60) // 4,
    "times": lambda i, j: (i * 3037000500 * (j * 3037000500)) // 11,
    "shift": lambda i, j: ((j * M) ^ ((j * M) >> 29)) % 1000,
    "int32": lambda i, j: te.floordiv(j.astype("int32") * 214013000 + 2531011, 7).astype("int64"),
    "int8": lambda i, j: te.floordiv(j.astype("int8") * 5 + 100, 3).astype("int64"),
    "uint8": lambda i, j: ((j.astype("uint8") * 9 - 30) // 4).astype("int64"),
    "int8 order": lambda i, j: te.if_then_else(
        j.astype("int8") + 100 < 110, i, j
    ),
}  # fmt: skip


def hashed(name: str) -> te.Tensor:
    return te.compute((ROWS, COLUMNS), lambda i, j: FORMULAS[name](i, j), name="h")


def split(schedule: te.Schedule, h: te.Tensor) -> None:
    outer, inner = schedule[h].split(h.op.axis[1], factor=8)
    schedule[h].reorder(outer, h.op.axis[0], inner)
    schedule[h].vectorize(inner)


def fused(schedule: te.Schedule, h: te.Tensor) -> None:
    both = schedule[h].fuse(*h.op.axis)
    _, inner = schedule[h].split(both, factor=4)
    schedule[h].unroll(inner)


def vectorized(schedule: te.Schedule, h: te.Tensor) -> None:
    schedule[h].vectorize(h.op.axis[1])


SCHEDULES = {"plain": lambda s, h: None, "split": split, "fused": fused, "vectorized": vectorized}


@pytest.mark.parametrize("how", SCHEDULES)
@pytest.mark.parametrize("name", FORMULAS)
def test_a_hash_of_an_axis_is_one_number_in_every_schedule(name: str, how: str) -> None:
    h = hashed(name)
    (expected,) = evaluate([h], {})
    schedule = te.create_schedule(h)
    SCHEDULES[how](schedule, h)
    nest = pipeline.run(lower(schedule, [h]), Target.host(), check=True)
    found = np.zeros((ROWS, COLUMNS), h.dtype.numpy)
    interpret(nest, [found])
    np.testing.assert_array_equal(found, expected)
    found = np.zeros_like(found)
    autosched.build(schedule, [h], threads=1)(found)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("how", ["plain", "split", "vectorized"])
def test_a_mask_that_wraps_holds_where_it_does(how: str) -> None:
    x = te.placeholder((ROWS, COLUMNS), name="x")
    k = te.reduce_axis((0, COLUMNS), name="k")
    h = te.compute((ROWS,), lambda i: te.sum(x[i, k], axis=k, where=(k * M + i * P) % 64 < 0 + 31))
    values = np.random.default_rng(0).integers(-9, 9, (ROWS, COLUMNS)).astype(np.float32)
    (expected,) = evaluate([h], {x: values})
    schedule = te.create_schedule(h)
    if how == "split":
        schedule[h].split(k, factor=8)
    if how == "vectorized":
        schedule[h].vectorize(h.op.axis[0])
    kernel = autosched.build(schedule, [x, h], threads=1)
    np.testing.assert_array_equal(kernel(values), expected)


@pytest.mark.parametrize("how", ["plain", "vectorized"])
def test_integers_of_64_bits_from_memory_are_compared_as_they_are(how: str) -> None:
    x = te.placeholder((COLUMNS,), "int64", name="x")
    y = te.compute((COLUMNS,), lambda j: te.if_then_else(x[j] - 1 < j, 1, 2), name="y")
    z = te.compute((COLUMNS,), lambda j: te.if_then_else(x[0] < j, 1, 2), name="z")
    values = np.full(COLUMNS, np.iinfo(np.int64).min)
    values[::3] = np.iinfo(np.int64).max
    expected = evaluate([y, z], {x: values})
    schedule = te.create_schedule([y, z])
    if how == "vectorized":
        schedule[y].vectorize(y.op.axis[0])
        schedule[z].vectorize(z.op.axis[0])
    found = [np.zeros(COLUMNS, np.int64) for _ in expected]
    autosched.build(schedule, [x, y, z], threads=1)(values, *found)
    for got, want in zip(found, expected, strict=True):
        np.testing.assert_array_equal(got, want)
