"""Buffers: where they are allocated, in which order their dimensions lie, and how aligned."""

from __future__ import annotations

from autosched import te
from tests.lowering.nests import agrees, golden
from tests.schedule.nests import chain


def moved() -> te.Tensor:
    A = te.placeholder((4, 6), name="A")
    B = te.compute((4, 6), lambda i, j: A[i, j] + 1.0, name="B")
    return te.compute((6, 4), lambda i, j: B[j, i] * 2.0, name="C")


def test_the_vectorized_axis_is_contiguous_in_local_storage() -> None:
    C = moved()
    s = te.create_schedule(C)
    B = s.tensors[1]
    s[B].set_scope("local")
    s[B].reorder(*reversed(B.op.axis))
    s[B].vectorize(B.op.axis[0])
    golden(
        s,
        """
        def main(A: float32[4, 6], C: float32[6, 4] out):
            alloc B: float32[6, 4] local
            for j in 0..6:
                vectorized i in 0..4:
                    B[j, i] = A[i, j] + 1.0
            for i in 0..6:
                for j in 0..4:
                    C[i, j] = B[i, j] * 2.0
        """,
    )
    agrees(s)


def test_a_stride_is_rounded_up() -> None:
    C = moved()
    s = te.create_schedule(C)
    B = s.tensors[1]
    s[B].storage_align(B.op.axis[0], 8, 3)
    golden(
        s,
        """
        def main(A: float32[4, 6], C: float32[6, 4] out):
            alloc B: float32[4, 6] strides [11, 1]
            for i in 0..4:
                for j in 0..6:
                    B[i, j] = A[i, j] + 1.0
            for i in 0..6:
                for j in 0..4:
                    C[i, j] = B[j, i] * 2.0
        """,
    )
    agrees(s)


def test_a_scope_of_its_own() -> None:
    C = chain(6)
    s = te.create_schedule(C)
    s[s.tensors[1]].set_scope("local")
    golden(
        s,
        """
        def main(A: float32[6], C: float32[6] out):
            alloc B: float32[6] local
            for i in 0..6:
                B[i] = A[i] + 1.0
            for i in 0..6:
                C[i] = B[i] * 2.0
        """,
    )
    agrees(s)
