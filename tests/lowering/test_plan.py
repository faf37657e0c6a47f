"""Loops and conditions of one stage: splits with every tail, fused loops, symbolic tiles."""

from __future__ import annotations

import pytest

from autosched import te
from tests.lowering.nests import agrees, golden
from tests.schedule.nests import chain, copy, rowsum


def split_copy(n, tail: str, factor: int = 4):
    B = copy(n)
    s = te.create_schedule(B)
    s[B].split(B.op.axis[0], factor, tail=tail)
    return s


def test_a_tail_is_guarded() -> None:
    s = split_copy(10, "guard")
    golden(
        s,
        """
        def main(A: float32[10], B: float32[10] out):
            for i.outer in 0..3:
                for i.inner in 0..4:
                    if i.outer*4 + i.inner < 10:
                        B[i.outer*4 + i.inner] = A[i.outer*4 + i.inner] * 2.0
        """,
    )
    agrees(s)


def test_a_tail_is_shifted() -> None:
    s = split_copy(10, "shift")
    golden(
        s,
        """
        def main(A: float32[10], B: float32[10] out):
            for i.outer in 0..3:
                for i.inner in 0..4:
                    B[min(i.outer*4, 6) + i.inner] = A[min(i.outer*4, 6) + i.inner] * 2.0
        """,
    )
    agrees(s)


def test_the_loop_of_the_tiles_is_marked_for_partition() -> None:
    s = split_copy(10, "partition")
    golden(
        s,
        """
        def main(A: float32[10], B: float32[10] out):
            for i.outer in 0..3 [partition=True]:
                for i.inner in 0..4:
                    if i.outer*4 + i.inner < 10:
                        B[i.outer*4 + i.inner] = A[i.outer*4 + i.inner] * 2.0
        """,
    )
    agrees(s)


def test_an_output_has_no_room_to_be_padded() -> None:
    s = split_copy(10, "pad")
    golden(
        s,
        """
        def main(A: float32[10], B: float32[10] out):
            for i.outer in 0..3 [partition=True]:
                for i.inner in 0..4:
                    if i.outer*4 + i.inner < 10:
                        B[i.outer*4 + i.inner] = A[i.outer*4 + i.inner] * 2.0
        """,
    )
    agrees(s)


def test_a_stage_on_the_way_runs_over_into_its_padded_buffer() -> None:
    C = chain(10)
    s = te.create_schedule(C)
    B = s.tensors[1]
    s[B].split(s[B].op.axis[0], 4, tail="pad")
    golden(
        s,
        """
        def main(A: float32[10], C: float32[10] out):
            alloc B: float32[12]
            for i.outer in 0..3 [partition=True]:
                for i.inner in 0..4:
                    B[i.outer*4 + i.inner] = select(i.outer*4 + i.inner < 10, A[i.outer*4 + i.inner], 0.0) + 1.0
            for i in 0..10:
                C[i] = B[i] * 2.0
        """,
    )
    agrees(s)


def test_what_comes_out_even_needs_no_condition() -> None:
    s = split_copy(8, "guard")
    golden(
        s,
        """
        def main(A: float32[8], B: float32[8] out):
            for i.outer in 0..2:
                for i.inner in 0..4:
                    B[i.outer*4 + i.inner] = A[i.outer*4 + i.inner] * 2.0
        """,
    )


@pytest.mark.parametrize("tail", ["guard", "pad", "partition"])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_an_extent_smaller_than_the_tile(tail: str, n: int) -> None:
    agrees(split_copy(n, tail))


def test_a_padded_inner_tile_does_not_run_into_the_next() -> None:
    B = rowsum(15, 3)
    s = te.create_schedule(B)
    T = s.cache_write(B, "local")
    _, inner = s[T].split(s[T].op.axis[0], 8)
    s[T].split(inner, 3, tail="pad")
    golden(
        s,
        """
        def main(A: float32[15, 3], B: float32[15] out):
            alloc B_local: float32[15] local
            for i.c.outer in 0..2:
                for i.c.inner.outer in 0..3 [partition=True]:
                    for i.c.inner.inner in 0..3:
                        if i.c.outer*8 + i.c.inner.outer*3 + i.c.inner.inner < 15 and i.c.inner.outer*3 + i.c.inner.inner < 8:
                            B_local[i.c.outer*8 + i.c.inner.outer*3 + i.c.inner.inner] = 0.0
                            for k in 0..3:
                                B_local[i.c.outer*8 + i.c.inner.outer*3 + i.c.inner.inner] = B_local[i.c.outer*8 + i.c.inner.outer*3 + i.c.inner.inner] + A[i.c.outer*8 + i.c.inner.outer*3 + i.c.inner.inner, k]
            for i in 0..15:
                B[i] = B_local[i]
        """,
    )
    agrees(s)


def test_a_padded_symbolic_tile() -> None:
    n = te.var("n")
    C = chain(n)
    s = te.create_schedule(C)
    B = s.tensors[1]
    s[B].split(s[B].op.axis[0], nparts=3, tail="pad")
    golden(
        s,
        """
        def main(A: float32[n], C: float32[n] out, n: int64):
            alloc B: float32[(n - 1)//((n + 2)//3)*((n + 2)//3) + (n + 2)//3]
            for i.outer in 0..(n + ((n + 2)//3 - 1))//((n + 2)//3) [partition=True]:
                for i.inner in 0..(n + 2)//3:
                    B[i.outer*((n + 2)//3) + i.inner] = select(i.outer*((n + 2)//3) + i.inner < n, A[i.outer*((n + 2)//3) + i.inner], 0.0) + 1.0
            for i in 0..n:
                C[i] = B[i] * 2.0
        """,
    )
    agrees(s, {n: 10})


def test_fused_and_split() -> None:
    A = te.placeholder((3, 5), name="A")
    B = te.compute((3, 5), lambda i, j: A[i, j] * 2.0, name="B")
    s = te.create_schedule(B)
    fused = s[B].fuse(*B.op.axis)
    s[B].split(fused, 4)
    golden(
        s,
        """
        def main(A: float32[3, 5], B: float32[3, 5] out):
            for i.j.fused.outer in 0..4:
                for i.j.fused.inner in 0..4:
                    if i.j.fused.outer*4 + i.j.fused.inner < 15:
                        B[(i.j.fused.outer*4 + i.j.fused.inner)//5, (i.j.fused.outer*4 + i.j.fused.inner)%5] = A[(i.j.fused.outer*4 + i.j.fused.inner)//5, (i.j.fused.outer*4 + i.j.fused.inner)%5] * 2.0
        """,
    )
    agrees(s)


def test_a_shifted_tile_of_a_split_loop() -> None:
    B = copy(23)
    s = te.create_schedule(B)
    outer, _ = s[B].split(B.op.axis[0], 5, tail="shift")
    s[B].split(outer, 2, tail="shift")
    golden(
        s,
        """
        def main(A: float32[23], B: float32[23] out):
            for i.outer.outer in 0..3:
                for i.outer.inner in 0..2:
                    for i.inner in 0..5:
                        B[min(min(i.outer.outer*2, 3)*5 + i.outer.inner*5, 18) + i.inner] = A[min(min(i.outer.outer*2, 3)*5 + i.outer.inner*5, 18) + i.inner] * 2.0
        """,
    )
    agrees(s)
