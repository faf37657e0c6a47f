"""Operands of 16 bits are converted once, where they are used many times."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.ops.matmul import matmul
from autosched.schedule.state import AtRoot
from autosched.schedule.trace import replay
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.generate import space
from autosched.search.space.inlining import inline_producers
from autosched.search.space.widening import widen_operands
from autosched.target.target import Target
from autosched.te.arrays import to_storage
from autosched.te.evaluate import evaluate
from autosched.te.tensor import Tensor

HOST = Target.host()
FAST = replace(
    HOST, cpu="znver5", features="+avx512f,+avx512bf16,+avx512vl", vector_bits=512, threads=1
)


def product(m: int, n: int, k: int, dtype: str = "bfloat16", wide: str = "float32") -> list[Tensor]:
    A = te.placeholder((m, k), dtype, name="A")
    B = te.placeholder((k, n), dtype, name="B", constant=True)
    return [A, B, matmul(A, B, wide)]


def window(dtype: str) -> list[Tensor]:
    """A padded convolution of rows of 20 points."""
    A = te.placeholder((4, 20), dtype, name="A")
    B = te.placeholder((24, 4, 3), dtype, name="B", constant=True)
    zero = te.const(0, dtype)
    P = te.compute(
        (4, 22), lambda c, x: te.if_then_else(te.all(x >= 1, x < 21), A[c, x - 1], zero), name="P"
    )
    c, t = te.reduce_axis((0, 4), name="c"), te.reduce_axis((0, 3), name="t")
    taps = lambda f, x: te.sum(  # noqa: E731
        P[c, x + t].astype("float32") * B[f, c, t].astype("float32"), axis=[c, t]
    )
    return [A, B, te.compute((24, 20), taps, name="C")]


def widened(tensors: list[Tensor]) -> list[str]:
    """The names of the stages that hold wider copies."""
    builder = SketchBuilder(tensors[-1:])
    before = {stage.name for stage in builder.schedule.stages}
    widen_operands(builder)
    return [each.name for each in builder.schedule.stages if each.name not in before]


def test_operands_that_are_used_many_times_are_copied() -> None:
    assert sorted(widened(product(32, 64, 8))) == ["A.global", "B.global"]
    assert widened(product(4, 64, 8)) == ["A.global"]
    assert widened(product(4, 8, 8)) == []


def test_sums_in_their_own_dtype_and_plain_ones_are_left() -> None:
    assert widened(product(32, 64, 8, "float16", "float16")) == []
    assert widened(product(32, 64, 8, "float32")) == []
    assert widened(product(32, 64, 8, "int8", "int32")) == []


def test_conversions_of_an_expression_are_computed_once_where_they_are_used_often() -> None:
    A, B = te.placeholder((32, 8), "bfloat16", name="A"), te.placeholder((8, 64), name="B")
    W = te.compute(A.shape, lambda i, k: A[i, k].astype("float32"), name="W")
    builder = SketchBuilder([matmul(W, B)])
    inline_producers(builder, False)
    assert widen_operands(builder)
    assert isinstance(builder.schedule[W].attachment, AtRoot)
    few = SketchBuilder([matmul(W, te.placeholder((8, 4), name="B"))])
    inline_producers(few, False)
    assert not widen_operands(few)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("make", [lambda d: product(20, 40, 12, d), window], ids=["matmul", "conv"])
def test_every_sketch_computes_the_sums(make, dtype: str) -> None:
    random = np.random.default_rng(0)
    A, B, C = make(dtype)
    a, b = (
        to_storage(
            random.integers(-8, 9, [int(n.value) for n in t.shape]).astype("float32"), t.dtype
        )
        for t in (A, B)
    )
    (expected,) = evaluate([C], {A: a, B: b}, {})
    sketches = space([C], HOST).sketches
    chosen = [next(s for s in sketches if "_widen" in s.name)]
    chosen += [s for s in sketches if "_dot" in s.name][:1]
    for sketch in chosen:
        kernel = autosched.build(replay([C], sketch.bind(sketch.default)), [A, B, C], threads=1)
        np.testing.assert_array_equal(kernel.bind(B=b)(a), expected)


def test_the_first_guess_is_the_fast_one() -> None:
    """Some processors take twice as long for a dot product as for what it does, others half."""
    C = product(64, 64, 64)[-1]
    assert "_dot" in space([C], FAST).sketches[0].name
    slow = space([C], replace(FAST, cpu="emeraldrapids")).sketches
    assert slow[0].name.endswith("_widen")
    assert any("_dot" in each.name for each in slow)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_matrix_by_its_own_transpose_is_copied_once(dtype: str) -> None:
    A, k = te.placeholder((33, 24), dtype, name="A"), te.reduce_axis((0, 24), name="k")
    term = lambda i, j: A[i, k].astype("float32") * A[j, k].astype("float32")  # noqa: E731
    C = te.compute((33, 33), lambda i, j: te.sum(term(i, j), axis=k), name="C")
    assert widened([A, C]) == ["A.global"]
    a = np.random.default_rng(0).integers(-3, 4, (33, 24)).astype(np.float32)
    stored = to_storage(a, A.dtype)
    for sketch in space([C], HOST).sketches:
        found = autosched.build(replay([C], sketch.bind(sketch.default)), [A, C], threads=1)(stored)
        np.testing.assert_array_equal(found, a @ a.T, err_msg=sketch.name)


@pytest.mark.parametrize("kind", ["bool", "int8", "float32", "float64"])
@pytest.mark.parametrize("is_first", [True, False])
def test_outputs_of_one_operation_have_dtypes_of_their_own(kind: str, is_first: bool) -> None:
    A = te.placeholder((19, 5), "float16", name="A")
    narrow, other = (lambda i, k: A[i, k]), (lambda i, k: (A[i, k] > 0.0).astype(kind))
    bodies = (narrow, other) if is_first else (other, narrow)
    made = te.compute((19, 5), lambda i, k: tuple(each(i, k) for each in bodies), name="P")
    H, F = made if is_first else reversed(made)
    k = te.reduce_axis((0, 5), name="k")
    C = te.compute(
        (19, 19),
        lambda i, j: te.sum(F[i, k].astype("float32") * H[j, k].astype("float32"), axis=k),
        name="C",
    )
    assert widened([C]) == [f"{H.name}.global"]
    a = np.random.default_rng(0).integers(-3, 4, (19, 5)).astype("float16")
    kernel = autosched.build([A, C], target=HOST)
    found = np.empty((19, 19), "float32")
    kernel(a, found)
    np.testing.assert_array_equal(found, (a > 0).astype("float32") @ a.T.astype("float32"))
