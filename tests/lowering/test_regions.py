"""How much of a stage is computed where it is attached."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.lowering.lower import lower
from tests.lowering.nests import agrees, golden
from tests.schedule.nests import chain, matmul
from tests.schedule.random_schedules import padded, stencil


def test_one_point_at_the_only_loop() -> None:
    C = chain(8)
    s = te.create_schedule(C)
    s[s.tensors[1]].compute_at(s[C], C.op.axis[0])
    golden(
        s,
        """
        def main(A: float32[8], C: float32[8] out):
            for i in 0..8:
                alloc B: float32[1]
                B[0] = A[i] + 1.0
                C[i] = B[0] * 2.0
        """,
    )
    agrees(s)


def test_a_tile_at_the_loop_over_tiles() -> None:
    C = chain(10)
    s = te.create_schedule(C)
    outer, _ = s[C].split(C.op.axis[0], 4)
    s[s.tensors[1]].compute_at(s[C], outer)
    golden(
        s,
        """
        def main(A: float32[10], C: float32[10] out):
            for i.outer in 0..3:
                alloc B: float32[4]
                for i in 0..4:
                    if i.outer*4 + i < 10:
                        B[i] = A[i.outer*4 + i] + 1.0
                for i.inner in 0..4:
                    if i.outer*4 + i.inner < 10:
                        C[i.outer*4 + i.inner] = B[i.inner] * 2.0
        """,
    )
    agrees(s)


def test_a_window_with_its_margin() -> None:
    D = stencil()
    s = te.create_schedule(D)
    B, C = s.tensors[1], s.tensors[2]
    outer, _ = s[D].split(D.op.axis[0], 4)
    s[C].compute_at(s[D], outer)
    s[B].compute_at(s[D], outer)
    golden(
        s,
        """
        def main(A: float32[11], D: float32[9] out):
            for i.outer in 0..3:
                alloc B: float32[6]
                alloc C: float32[4]
                for i in 0..6:
                    if i.outer*4 + i < 11:
                        B[i] = A[i.outer*4 + i] * 2.0
                for i in 0..4:
                    if i.outer*4 + i < 9:
                        C[i] = B[i] + B[i + 1] + B[i + 2]
                for i.inner in 0..4:
                    if i.outer*4 + i.inner < 9:
                        D[i.outer*4 + i.inner] = C[i.inner] - B[i.inner + 1]
        """,
    )
    agrees(s)


def test_padding_inlined_into_a_window() -> None:
    C = padded()
    s = te.create_schedule(C)
    s[s.tensors[1]].compute_inline()
    golden(
        s,
        """
        def main(A: float32[7], W: float32[3], C: float32[7] out):
            for i in 0..7:
                C[i] = 0.0
                for k in 0..3:
                    C[i] = C[i] + select(1 <= i + k and i + k < 8, A[i + k - 1], 0.0) * W[k]
        """,
    )
    agrees(s)


def test_padding_computed_where_it_is_read() -> None:
    C = padded()
    s = te.create_schedule(C)
    outer, _ = s[C].split(C.op.axis[0], 3)
    s[s.tensors[1]].compute_at(s[C], outer)
    golden(
        s,
        """
        def main(A: float32[7], W: float32[3], C: float32[7] out):
            for i.outer in 0..3:
                alloc P: float32[5]
                for i in 0..5:
                    if i.outer*3 + i < 9:
                        P[i] = select(1 <= i.outer*3 + i and i.outer*3 + i < 8, A[i.outer*3 + i - 1], 0.0)
                for i.inner in 0..3:
                    if i.outer*3 + i.inner < 7:
                        C[i.outer*3 + i.inner] = 0.0
                        for k in 0..3:
                            C[i.outer*3 + i.inner] = C[i.outer*3 + i.inner] + P[i.inner + k] * W[k]
        """,
    )
    agrees(s)


@pytest.mark.parametrize("depth", range(5))
def test_a_packed_operand_at_every_loop(depth: int) -> None:
    C = matmul(5, 7, 6)
    s = te.create_schedule(C)
    B = s.tensors[1]
    packed = s.cache_read(B, "local", [C], layout=((1, 4), 0, 1))
    (k,) = s[C].op.reduce_axis
    loops = list(s[C].tile(*s[C].op.axis, 2, 4))
    s[C].reorder(*loops[:2], k, *loops[2:])
    s[packed].compute_at(s[C], s[C].leaves[depth])
    agrees(s)


def test_fused_loops_of_the_reader() -> None:
    A = te.placeholder((4, 6), name="A")
    B = te.compute((4, 6), lambda i, j: A[i, j] + 1.0, name="B")
    C = te.compute((4, 6), lambda i, j: B[i, j] * 2.0, name="C")
    s = te.create_schedule(C)
    outer, _ = s[C].split(s[C].fuse(*C.op.axis), 3)
    s[B].compute_at(s[C], outer)
    golden(
        s,
        """
        def main(A: float32[4, 6], C: float32[4, 6] out):
            for i.j.fused.outer in 0..8:
                alloc B: float32[1, 3]
                for j in 0..3:
                    B[0, j] = A[i.j.fused.outer//2, i.j.fused.outer%2*3 + j] + 1.0
                for i.j.fused.inner in 0..3:
                    C[i.j.fused.outer//2, i.j.fused.outer%2*3 + i.j.fused.inner] = B[0, i.j.fused.inner] * 2.0
        """,
    )
    agrees(s)


def test_a_symbolic_size_with_an_attached_tile() -> None:
    n = te.var("n")
    C = chain(n)
    s = te.create_schedule(C)
    outer, _ = s[C].split(C.op.axis[0], 4)
    s[s.tensors[1]].compute_at(s[C], outer)
    golden(
        s,
        """
        def main(A: float32[n], C: float32[n] out, n: int64):
            for i.outer in 0..(n + 3)//4:
                alloc B: float32[4]
                for i in 0..4:
                    if i.outer*4 + i < n:
                        B[i] = A[i.outer*4 + i] + 1.0
                for i.inner in 0..4:
                    if i.outer*4 + i.inner < n:
                        C[i.outer*4 + i.inner] = B[i.inner] * 2.0
        """,
    )
    for size in (1, 4, 11):
        agrees(s, {n: size})


def test_an_index_from_memory_needs_all() -> None:
    A = te.placeholder((5,), name="A")
    places = te.placeholder((3,), "int32", name="places")
    B = te.compute((5,), lambda i: A[i] + 1.0, name="B")
    C = te.compute((3,), lambda i: B[te.clip(places[i], 0, 4)], name="C")
    s = te.create_schedule(C)
    s[B].compute_at(s[C], C.op.axis[0])
    golden(
        s,
        """
        def main(A: float32[5], places: int32[3], C: float32[3] out):
            for i in 0..3:
                alloc B: float32[5]
                for i_1 in 0..5:
                    B[i_1] = A[i_1] + 1.0
                C[i] = B[int64(max(min(places[i], 4), 0))]
        """,
    )
    agrees(s)


def test_tiles_of_symbolic_sizes_need_their_part() -> None:
    """The number of tiles of three dimensions, which is divided again, is assumed to be a size."""
    n, p = te.var("n"), te.var("p")
    B = te.placeholder((p, n, p), name="B")
    r = te.reduce_axis((0, p), name="r")
    A = te.compute((n, n, p), lambda a, i, j: te.sum(B[j, i, r], axis=r), name="A")
    s = te.create_schedule(A)
    copy = s.cache_read(B, "global", [A], layout=[1, [0, 40], 2, 0])
    a, i, j = s[A].op.axis
    (k,) = s[A].op.reduce_axis
    outer, inner = s[A].split(j, 40)
    far, near = s[A].split(outer, 4)
    rows, row = s[A].split(a, 5)
    blocks, block = s[A].split(rows, 1024)
    steps, step = s[A].split(k, 512)
    s[A].reorder(i, blocks, far, steps, block, near, step, row, inner)
    s[A].fuse(i, blocks, far)
    s[copy].compute_at(s[A], steps)
    loops = str(lower(s, [B, A]))
    assert "alloc B_global: float32[1, 4, 512, 40]" in loops
    agrees(s, {n: 3, p: 7})
