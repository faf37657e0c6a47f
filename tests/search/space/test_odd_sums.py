"""Sums of more products than instructions divide: which are padded, and what sketches compute."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.schedule.schedule import create_schedule
from autosched.schedule.trace import replay
from autosched.search.space.generate import space
from autosched.search.space.odd_sums import axis_to_pad
from autosched.search.space.structure import contraction
from autosched.target.dot_products import dot_products
from autosched.te.evaluate import evaluate
from autosched.te.tensor import Tensor
from tests.search.space.test_dot import HOST, WITH, convolution, matmul, transposed, where

MACHINE = replace(WITH, features=f"{WITH.features},+avx512bf16")
DOTS = dot_products(replace(HOST, features="+avx512vnni", vector_bits=512))

ONE, INFINITY = np.uint16(0x3F80), np.uint16(0x7F80)
"""The bits of two numbers of bfloat16."""


def padded_to(tensors: list[Tensor], kinds: list[str]) -> int | None:
    found = contraction(create_schedule(tensors[-1])[tensors[-1]])
    assert found is not None
    padded = axis_to_pad(found, DOTS, kinds)
    return None if padded is None else padded[1]


def test_an_axis_is_padded_where_most_of_the_terms_stay() -> None:
    kinds = ["uint8", "int8"]
    assert padded_to(matmul(8, 8, 11), kinds) == 4
    assert padded_to(matmul(8, 8, 3), kinds) == 4
    assert padded_to(convolution(3, 6, 8, 3), kinds) == 4
    assert padded_to(matmul(8, 8, 2), kinds) is None
    assert padded_to(matmul(8, 8, 12), kinds) is None
    assert padded_to(matmul(8, 8, 11), ["int16", "int8"]) is None
    assert padded_to(matmul(8, 8, 11, "int16", "int16"), ["int16", "int16"]) == 2


@pytest.mark.parametrize(
    "tensors",
    [
        matmul(7, 40, 11),
        matmul(2, 70, 131),
        matmul(5, 3, 3),
        matmul(7, 40, 11, "int8", "int8"),
        matmul(9, 17, 7, "int16", "int16"),
        convolution(3, 7, 20, 3),
        convolution(7, 8, 5, 5, 2),
        convolution(5, 70, 16, 1),
        where(3, 7, 20, 3),
        transposed(7, 50, 13),
        transposed(7, 50, 13, constant=False),
    ],
)
def test_every_sketch_computes_the_sums(tensors: list[Tensor]) -> None:
    random = np.random.default_rng(0)
    A, B, C = tensors
    a, b = (
        random.integers(-128, 128, [int(n.value) for n in X.shape]).astype(X.dtype.name)
        for X in (A, B)
    )
    (expected,) = evaluate([C], {A: a, B: b}, {})
    sketches = [each for each in space([C], MACHINE).sketches if "_dot" in each.name]
    assert any(step.name == "pad_reduce" for each in sketches for step in each.steps)
    for sketch in sketches[:3]:
        schedule = replay([C], sketch.bind(sketch.default))
        kernel = autosched.build(schedule, tensors, threads=1)
        result = kernel.bind(B=b)(a) if B.op.constant else kernel(a, b)
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("kind", ["uint8", "int8"])
@pytest.mark.parametrize("k", [11, 12])
def test_tables_of_gathered_rows_are_not_copied(kind: str, k: int) -> None:
    A, at = te.placeholder((1000, k), kind, name="A"), te.placeholder((8,), "int32", name="at")
    B, r = te.placeholder((k, 40), "int8", name="B"), te.reduce_axis((0, k), name="r")
    C = te.compute(
        (8, 40),
        lambda i, j: te.sum(A[at[i], r].astype("int32") * B[r, j].astype("int32"), axis=r),
        name="C",
    )
    for sketch in space([C], MACHINE).sketches:
        assert not any(step.name in ("pad_reduce", "offset_factor") for step in sketch.steps)


@pytest.mark.parametrize("k", [3, 31])
def test_zeros_meet_no_infinity(k: int) -> None:
    A, B = (
        te.placeholder((9, k), "bfloat16", name="A"),
        te.placeholder((k, 40), "bfloat16", name="B"),
    )
    r = te.reduce_axis((0, k), name="r")
    C = te.compute(
        (9, 40),
        lambda i, j: te.sum(A[i, r].astype("float32") * B[r, j].astype("float32"), axis=r),
        name="C",
    )
    a, b = np.full((9, k), ONE), np.full((k, 40), INFINITY)
    sketches = [each for each in space([C], MACHINE).sketches if "_dot" in each.name]
    assert sketches
    for sketch in sketches[:3]:
        schedule = replay([C], sketch.bind(sketch.default))
        result = autosched.build(schedule, [A, B, C], threads=1)(a, b)
        np.testing.assert_array_equal(result, np.inf)
