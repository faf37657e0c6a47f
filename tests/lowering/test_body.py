"""The statements inside the loops: updates, starting values, reads beyond the end."""

from __future__ import annotations

from autosched import te
from tests.lowering.nests import agrees, golden
from tests.schedule.nests import above, argmax, rowsum


def test_a_sum_starts_from_zero_at_the_first_reduce_loop() -> None:
    s = te.create_schedule(rowsum(3, 4))
    golden(
        s,
        """
        def main(A: float32[3, 4], B: float32[3] out):
            for i in 0..3:
                B[i] = 0.0
                for k in 0..4:
                    B[i] = B[i] + A[i, k]
        """,
    )
    agrees(s)


def test_the_start_is_set_for_all_points_inside_of_the_reduce_loop() -> None:
    B = rowsum(5, 4)
    s = te.create_schedule(B)
    outer, inner = s[B].split(B.op.axis[0], 2)
    s[B].reorder(outer, B.op.reduce_axis[0], inner)
    golden(
        s,
        """
        def main(A: float32[5, 4], B: float32[5] out):
            for i.outer in 0..3:
                for i.inner in 0..2:
                    if i.outer*2 + i.inner < 5:
                        B[i.outer*2 + i.inner] = 0.0
                for k in 0..4:
                    for i.inner in 0..2:
                        if i.outer*2 + i.inner < 5:
                            B[i.outer*2 + i.inner] = B[i.outer*2 + i.inner] + A[i.outer*2 + i.inner, k]
        """,
    )
    agrees(s)


def test_pairs_are_computed_before_either_is_stored() -> None:
    s = te.create_schedule(argmax(2, 3)[0])
    golden(
        s,
        """
        def main(A: float32[2, 3], C: int64[2] out, C_v1: float32[2] out):
            for i in 0..2:
                C[i] = -1
                C_v1[i] = -inf
                for k in 0..3:
                    alloc C_next0: int64[1] local
                    alloc C_next1: float32[1] local
                    C_next0[0] = select(A[i, k] < C_v1[i] or C_v1[i] == A[i, k] and C[i] <= k, C[i], k)
                    C_next1[0] = select(A[i, k] < C_v1[i] or C_v1[i] == A[i, k] and C[i] <= k, C_v1[i], A[i, k])
                    C[i] = C_next0[0]
                    C_v1[i] = C_next1[0]
        """,
    )
    agrees(s)


def test_a_condition_of_a_reduction() -> None:
    A = te.placeholder((3, 4), name="A")
    k = te.reduce_axis((0, 4), name="k")
    B = te.compute((3,), lambda i: te.sum(A[i, k], axis=k, where=k <= i), name="B")
    s = te.create_schedule(B)
    golden(
        s,
        """
        def main(A: float32[3, 4], B: float32[3] out):
            for i in 0..3:
                B[i] = 0.0
                for k in 0..4:
                    B[i] = B[i] + select(k <= i, A[i, k], 0.0)
        """,
    )
    agrees(s)


def test_a_padded_tile_reads_zeros_beyond_the_end() -> None:
    B = rowsum(5, 3)
    s = te.create_schedule(B)
    T = s.cache_write(B, "local")
    s[T].split(s[T].op.axis[0], 4, tail="pad")
    golden(
        s,
        """
        def main(A: float32[5, 3], B: float32[5] out):
            alloc B_local: float32[8] local
            for i.c.outer in 0..2 [partition=True]:
                for i.c.inner in 0..4:
                    B_local[i.c.outer*4 + i.c.inner] = 0.0
                    for k in 0..3:
                        B_local[i.c.outer*4 + i.c.inner] = B_local[i.c.outer*4 + i.c.inner] + select(i.c.outer*4 + i.c.inner < 5, A[i.c.outer*4 + i.c.inner, k], 0.0)
            for i in 0..5:
                B[i] = B_local[i]
        """,
    )
    agrees(s)


def test_a_combination_that_depends_on_a_split_axis() -> None:
    s = te.create_schedule(C := above())
    s[C].split(C.op.axis[0], 3)
    golden(
        s,
        """
        def main(A: int64[6, 4], C: int64[6] out):
            for i.outer in 0..2:
                for i.inner in 0..3:
                    C[i.outer*3 + i.inner] = i.outer*3 + i.inner
                    for k in 0..4:
                        C[i.outer*3 + i.inner] = C[i.outer*3 + i.inner] + A[i.outer*3 + i.inner, k] - (i.outer*3 + i.inner)
        """,
    )
    agrees(s)
