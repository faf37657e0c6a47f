"""Reductions across the lanes of vectors: the nest, and what it computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

from autosched import te
from autosched.errors import ScheduleError
from autosched.ir.interpreter import interpret
from autosched.ir.stmt import Function
from autosched.lowering.lower import lower
from autosched.passes import pipeline
from autosched.schedule import Schedule, create_schedule
from autosched.target.target import Target
from autosched.te.dag import inputs
from autosched.te.evaluate import evaluate
from tests.codegen.llvm.harness import compiled, run
from tests.schedule.nests import matmul, rowsum

TARGET = replace(Target.host(), vector_bits=512)
REDUCERS = {"sum": te.sum, "prod": te.prod, "min": te.min, "max": te.max}


def nest(schedule: Schedule, args: Sequence[te.Tensor]) -> Function:
    return pipeline.run(lower(schedule, args, "kernel"), TARGET, check=True)


def agrees(schedule: Schedule, output: te.Tensor, low: int = -4, high: int = 5) -> Function:
    """The nest, once it was found to compute `output` interpreted and compiled."""
    args = [*inputs([output]), output]
    function = nest(schedule, args)
    rng = np.random.default_rng(3)
    arrays = [
        rng.integers(low, high, [int(e.value) for e in tensor.shape]).astype(tensor.dtype.numpy)
        for tensor in args
    ]
    (expected,) = evaluate([output], dict(zip(args[:-1], arrays[:-1], strict=True)))
    for execute in (
        lambda given: interpret(function, given),
        lambda given: run(compiled(function), function, given),
    ):
        given = [array.copy() for array in arrays]
        execute(given)
        np.testing.assert_array_equal(given[-1], expected)
    return function


def reduction(name: str, dtype: str, rows: int = 3, length: int = 37) -> te.Tensor:
    A = te.placeholder((rows, length), dtype, name="A")
    k = te.reduce_axis((0, length), name="k")
    return te.compute((rows,), lambda i: REDUCERS[name](A[i, k], axis=k), name="B")


def test_the_vectors_of_a_loop_are_added_before_their_lanes() -> None:
    s = create_schedule(B := rowsum(4, 32))
    s[B].vectorize(B.op.reduce_axis[0])
    function = agrees(s, B)
    wanted = """
    for i in 0..4:
        B[i] = 0.0
        B[i] = B[i] + sum_lanes(A[i, 0 : +16] + A[i, 16 : +16])
    """
    assert dedent(wanted).strip() in dedent(str(function).split("\n", 1)[1])


@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8", "float64"])
@pytest.mark.parametrize("name", REDUCERS)
def test_every_operator_of_an_uneven_length(name: str, dtype: str) -> None:
    s = create_schedule(B := reduction(name, dtype))
    s[B].vectorize(B.op.reduce_axis[0])
    agrees(s, B, 1, 3)


@pytest.mark.parametrize("name", REDUCERS)
def test_lanes_past_the_end_count_as_the_identity(name: str) -> None:
    s = create_schedule(B := reduction(name, "float32"))
    inner = s[B].split(B.op.reduce_axis[0], 32)[1]
    s[B].vectorize(inner)
    agrees(s, B, 1, 3)


def test_the_product_of_two_rows() -> None:
    s = create_schedule(C := matmul(3, 5, 21))
    s[C].vectorize(C.op.reduce_axis[0])
    assert "sum_lanes(A[i, 0 : +16] * B[0 : +16, j])" in str(agrees(s, C))


def test_a_vector_loop_around_another_loop() -> None:
    s = create_schedule(C := matmul(3, 5, 21))
    i, j = C.op.axis
    s[C].reorder(i, C.op.reduce_axis[0], j)
    s[C].vectorize(C.op.reduce_axis[0])
    agrees(s, C)


@pytest.mark.parametrize("length", [64, 50])
def test_partial_sums_stay_whole_vectors(length: int) -> None:
    s = create_schedule(B := rowsum(3, length))
    inner = s[B].split(B.op.reduce_axis[0], 32)[1]
    partial = s.rfactor(B, inner, 1)
    made: Any = s[partial]
    made.reorder(made.op.reduce_axis[0], made.op.axis[1])
    made.vectorize(made.op.axis[1])
    made.compute_at(s[B], s[B].op.axis[0])
    made.set_scope("local")
    s[B].vectorize(s[B].op.reduce_axis[0])
    text = str(agrees(s, B))
    assert "if" not in text.replace("select", "")
    assert ("select" in text) == (length == 50)


def test_a_reduction_by_more_than_an_operator_is_refused() -> None:
    A = te.placeholder((4, 8), name="A")
    k = te.reduce_axis((0, 8), name="k")
    mine = te.comm_reducer(lambda x, y: x + y - x * y, lambda t: te.const(0, t), name="mine")
    B = te.compute((4,), lambda i: mine(A[i, k], axis=k), name="B")
    s = create_schedule(B)
    with pytest.raises(ScheduleError, match="the reduce axis k"):
        s[B].vectorize(B.op.reduce_axis[0])
