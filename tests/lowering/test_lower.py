"""A schedule as a function: parameters, outputs, sizes, and the order of the nests."""

from __future__ import annotations

import numpy as np
import pytest

from autosched import te
from autosched.errors import AutoschedError, LoweringError
from autosched.ir.interpreter import interpret
from autosched.lowering.lower import lower
from autosched.passes import pipeline
from autosched.target.target import Target
from tests.lowering.nests import agrees, golden
from tests.schedule.nests import chain, matmul


def test_a_tiled_matmul_with_packing_and_a_tile_of_its_own() -> None:
    C = matmul(8, 32, 16)
    s = te.create_schedule(C)
    A, B = (s[name].op.outputs[0] for name in C.op.input_tensors)
    T = s.cache_write(C, "local")
    packed = s.cache_read(B, "global", [T], layout=((1, 16), 0, 1))
    io, jo, _, ji = s[C].tile(*s[C].op.axis, 4, 16)
    s[T].compute_at(s[C], jo)
    (k,) = s[T].op.reduce_axis
    ko, ki = s[T].split(k, 4)
    s[T].reorder(ko, ki, *s[T].op.axis)
    s[T].unroll(ki)
    s[T].vectorize(s[T].op.axis[1])
    s[C].vectorize(ji)
    s[C].parallel(io)
    s[packed].parallel(s[packed].op.axis[0])
    golden(
        s,
        """
        def main(A: float32[8, 16], B: float32[16, 32], C: float32[8, 32] out):
            alloc B_global: float32[2, 16, 16]
            parallel ax1.0 in 0..2:
                for ax0 in 0..16:
                    for ax1.1 in 0..16:
                        B_global[ax1.0, ax0, ax1.1] = B[ax0, ax1.0*16 + ax1.1]
            parallel i.outer in 0..2:
                for j.outer in 0..2:
                    alloc C_local: float32[4, 16] local
                    for i.c in 0..4:
                        vectorized j.c in 0..16:
                            C_local[i.c, j.c] = 0.0
                    for k.outer in 0..4:
                        unrolled k.inner in 0..4:
                            for i.c in 0..4:
                                vectorized j.c in 0..16:
                                    C_local[i.c, j.c] = C_local[i.c, j.c] + A[i.outer*4 + i.c, k.outer*4 + k.inner] * B_global[j.outer, k.outer*4 + k.inner, j.c]
                    for i.inner in 0..4:
                        vectorized j.inner in 0..16:
                            C[i.outer*4 + i.inner, j.outer*16 + j.inner] = C_local[i.inner, j.inner]
        """,
        [A, B, s.current(C)],
    )
    agrees(s)


def test_a_reduction_in_two_steps() -> None:
    A = te.placeholder((12,), name="A")
    k = te.reduce_axis((0, 12), name="k")
    B = te.compute((1,), lambda i: te.sum(A[k], axis=k), name="B")
    s = te.create_schedule(B)
    _, inner = s[B].split(B.op.reduce_axis[0], 4)
    F = s.rfactor(B, inner)
    s[F].vectorize(s[F].op.axis[0])
    golden(
        s,
        """
        def main(A: float32[12], B: float32[1] out):
            alloc B_rf: float32[4, 1]
            vectorized k.inner in 0..4:
                B_rf[k.inner, 0] = 0.0
                for k.outer in 0..3:
                    B_rf[k.inner, 0] = B_rf[k.inner, 0] + A[k.outer*4 + k.inner]
            B[0] = 0.0
            for k.inner.v in 0..4:
                B[0] = B[0] + B_rf[k.inner.v, 0]
        """,
    )
    agrees(s)


def test_several_outputs_of_one_operation() -> None:
    A = te.placeholder((4,), name="A")
    B, C = te.compute((4,), lambda i: (A[i] + 1.0, A[i] * 2.0), name="B")
    s = te.create_schedule([B, C])
    golden(
        s,
        """
        def main(A: float32[4], B: float32[4] out, B_v1: float32[4] out):
            for i in 0..4:
                B[i] = A[i] + 1.0
                B_v1[i] = A[i] * 2.0
        """,
    )
    agrees(s)


def test_one_output_of_several_is_enough() -> None:
    A = te.placeholder((4,), name="A")
    B, C = te.compute((4,), lambda i: (A[i] + 1.0, A[i] * 2.0), name="B")
    s = te.create_schedule([B, C])
    golden(
        s,
        """
        def main(A: float32[4], B_v1: float32[4] out):
            alloc B_v0: float32[4]
            for i in 0..4:
                B_v0[i] = A[i] + 1.0
                B_v1[i] = A[i] * 2.0
        """,
        [A, C],
    )
    a, c = np.arange(4, dtype="float32"), np.zeros(4, "float32")
    interpret(pipeline.run(lower(s, [A, C]), Target.host(), check=True), [a, c])
    np.testing.assert_array_equal(c, a * 2)


def test_an_input_may_be_one_that_nothing_reads() -> None:
    n = te.var("n")
    A, mask = te.placeholder((4,), name="A"), te.placeholder((n,), name="mask", constant=True)
    B = te.compute((4,), lambda i: A[i] + 1.0, name="B")
    golden(
        te.create_schedule(B),
        """
        def main(mask: float32[n], A: float32[4], B: float32[4] out, n: int64):
            for i in 0..4:
                B[i] = A[i] + 1.0
        """,
        [mask, A, B],
    )


def test_sizes_are_passed_after_the_buffers() -> None:
    n, m = te.var("n"), te.var("m")
    A = te.placeholder((n, m), name="A")
    B = te.compute((m, n), lambda i, j: A[j, i], name="B")
    s = te.create_schedule(B)
    golden(
        s,
        """
        def main(A: float32[n, m], B: float32[m, n] out, n: int64, m: int64):
            for i in 0..m:
                for j in 0..n:
                    B[i, j] = A[j, i]
        """,
    )
    golden(
        s,
        """
        def main(A: float32[n, m], B: float32[m, n] out, n: int64, m: int64):
            for i in 0..m:
                for j in 0..n:
                    B[i, j] = A[j, i]
        """,
        [A, B, n, m],
    )
    agrees(s, {n: 3, m: 5})


def test_an_argument_on_the_way_is_stored_for_the_caller() -> None:
    C = chain(6)
    s = te.create_schedule(C)
    A, B = s.tensors[:2]
    outer, _ = s[C].split(C.op.axis[0], 4)
    s[B].split(s[B].op.axis[0], 4, tail="pad")
    s[B].compute_at(s[C], outer)
    golden(
        s,
        """
        def main(A: float32[6], B: float32[6] out, C: float32[6] out):
            for i.outer in 0..2:
                for i.inner in 0..4:
                    if i.outer*4 + i.inner < 6:
                        B[i.outer*4 + i.inner] = A[i.outer*4 + i.inner] + 1.0
                for i.inner in 0..4:
                    if i.outer*4 + i.inner < 6:
                        C[i.outer*4 + i.inner] = B[i.outer*4 + i.inner] * 2.0
        """,
        [A, B, C],
    )
    function = pipeline.run(lower(s, [A, B, C]), Target.host(), check=True)
    arrays = [np.arange(6, dtype="float32"), np.zeros(6, "float32"), np.zeros(6, "float32")]
    interpret(function, arrays)
    np.testing.assert_array_equal(arrays[1], arrays[0] + 1)
    np.testing.assert_array_equal(arrays[2], (arrays[0] + 1) * 2)


def test_an_argument_that_is_inlined_is_written_too() -> None:
    C = chain(6)
    s = te.create_schedule(C)
    A, B = s.tensors[:2]
    s[B].compute_inline()
    golden(
        s,
        """
        def main(A: float32[6], B: float32[6] out, C: float32[6] out):
            for i in 0..6:
                B[i] = A[i] + 1.0
            for i in 0..6:
                C[i] = (A[i] + 1.0) * 2.0
        """,
        [A, B, C],
    )


def test_an_argument_inlined_into_one_that_is_inlined() -> None:
    C = chain(6)
    D = te.compute((6,), lambda i: C[i] - 3.0, name="D")
    s = te.create_schedule(D)
    A, B = s.tensors[:2]
    s[B].compute_inline()
    s[C].compute_inline()
    function = pipeline.run(lower(s, [A, C, D]), Target.host(), check=True)
    a, c, d = np.arange(6, dtype="float32"), np.zeros(6, "float32"), np.zeros(6, "float32")
    interpret(function, [a, c, d])
    np.testing.assert_array_equal(c, (a + 1) * 2)
    np.testing.assert_array_equal(d, (a + 1) * 2 - 3)


def test_an_argument_that_is_computed_in_the_loops_of_a_reader_at_its_only_row() -> None:
    A = te.placeholder((1, 8), name="A")
    B = te.compute((1, 8), lambda i, j: A[i, j] + 1.0, name="B")
    C = te.compute((1, 8), lambda i, j: B[0, j] * 2.0, name="C")
    s = te.create_schedule(C)
    s[B].compute_at(s[C], s[C].split(C.op.axis[1], 4)[0])
    function = lower(s, [A, B, C])
    a, b, c = (np.arange(8, dtype="float32").reshape(1, 8) for _ in range(3))
    interpret(function, [a, b, c])
    np.testing.assert_array_equal(b, a + 1)
    np.testing.assert_array_equal(c, b * 2)


def test_an_argument_of_which_only_a_part_is_computed_is_refused() -> None:
    A = te.placeholder((8,), name="A")
    B = te.compute((8,), lambda i: A[i] + 1.0, name="B")
    C = te.compute((4,), lambda i: B[i * 2], name="C")
    D = te.compute((8,), lambda i: B[i] + C[i // 2], name="D")
    s = te.create_schedule(C)
    s[B].compute_at(s[C], C.op.axis[0])
    said = "expected B, which is among the arguments, to be computed whole, got .* loop i of C"
    with pytest.raises(AutoschedError, match=said):
        lower(s, [A, B, C])
    s = te.create_schedule(D)
    outer, _ = s[D].split(D.op.axis[0], 4)
    s[B].compute_at(s[D], outer)
    s[C].compute_at(s[D], outer)
    function = lower(s, [A, B, D])
    a, b, d = np.arange(8, dtype="float32"), np.zeros(8, "float32"), np.zeros(8, "float32")
    interpret(function, [a, b, d])
    np.testing.assert_array_equal(b, a + 1)


def test_sizes_of_values_alone_follow_others_and_scalars_are_arguments():
    A, m, f = te.placeholder((4,), name="A"), te.var("m"), te.var("f", "float32")
    B = te.compute((4,), lambda i: A[i] * m.astype("float32"), name="B")
    assert lower(te.create_schedule(B), [A, B]).sizes == (m,)
    C = te.compute((4,), lambda i: B[i] * f, name="C")
    assert [param.name for param in lower(te.create_schedule(C), [A, C, f]).params] == [*"ACf"]
    with pytest.raises(LoweringError, match="expected the scalar f among the arguments, got none"):
        lower(te.create_schedule(C), [A, C])


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("BC", "expected the placeholder A among the arguments, got none"),
        ("AB", "expected the output C among the arguments, got none"),
        ("ABCC", "expected every argument once, got C twice"),
    ],
)
def test_arguments_that_are_missing_or_twice(names: str, said: str) -> None:
    C = chain(6)
    s = te.create_schedule(C)
    tensors = dict(zip("ABC", s.tensors, strict=True))
    with pytest.raises(AutoschedError, match=said):
        lower(s, [tensors[name] for name in names])
