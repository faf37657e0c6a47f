"""tensorize: the loops of one matrix instruction."""

from __future__ import annotations

from autosched.schedule import create_schedule
from autosched.schedule.schedule import Schedule
from autosched.te.tensor import Tensor
from autosched.vta.environment import Instruction
from tests.schedule.nests import chain, golden, matmul, means_the_same, refuses, rowsum

GEMM = Instruction("gemm", (2, 3, 4))


def tiled() -> tuple[Schedule, Tensor]:
    """A matrix product whose three innermost loops are a block of 2 by 3 by 4."""
    s = create_schedule(C := matmul())
    i, j, i_in, j_in = s[C].tile(*C.op.axis, 2, 3)
    k, k_in = s[C].split(C.op.reduce_axis[0], 4)
    s[C].reorder(i, j, k, i_in, j_in, k_in)
    return s, C


def test_the_innermost_loops() -> None:
    s, C = tiled()
    s[C].tensorize(s[C].leaves[3], GEMM)
    golden(
        s,
        """
        for i.outer in 0..2:
            for j.outer in 0..2:
                for k.outer in 0..2:
                    for i.inner in 0..2 [tensorize='gemm']:
                        for j.inner in 0..3:
                            for k.inner in 0..4:
                                C[i, j] += A[i, k] * B[k, j]
        """,
    )
    means_the_same(s)


def test_by_name_and_shape() -> None:
    s, C = tiled()
    s[C].tensorize(s[C].leaves[3], "gemm", [4, 3, 2])
    assert "[tensorize='gemm']" in str(s)


def test_a_loop_of_one_point_keeps_its_mark() -> None:
    from autosched.lowering.lower import lower

    s = create_schedule(C := matmul(1, 6, 8))
    s[C].tensorize(C.op.axis[0], "gemm", (1, 6, 8))
    assert "[tensorize='gemm']" in str(lower(s, [*C.op.input_tensors, C]))
    means_the_same(s)


def test_other_extents() -> None:
    s, C = tiled()
    leaves = s[C].leaves
    refuses(s, lambda: s[C].tensorize(leaves[2], GEMM), "[2, 3, 4]", "['2', '2', '3', '4']")
    refuses(s, lambda: s[C].tensorize(leaves[4], GEMM), "got ['3', '4']", "reorder")
    refuses(s, lambda: s[C].tensorize(leaves[3], "gemm"), "positive integers as 'shape'")


def test_what_is_no_product() -> None:
    s = create_schedule(B := rowsum())
    refuses(s, lambda: s[B].tensorize(B.op.axis[0], GEMM), "a sum of products", "stage B")
    s = create_schedule(C := chain())
    refuses(s, lambda: s[C].tensorize(C.op.axis[0], GEMM), "a sum of products")


def test_loops_that_are_in_use() -> None:
    s, C = tiled()
    leaf = s[C].leaves[3]
    s[C].unroll(s[C].leaves[4])
    refuses(s, lambda: s[C].tensorize(leaf, GEMM), "which is unrolled")
    s, C = tiled()
    cached = s.cache_read(s.tensors[0], "local", [C])
    s[cached].compute_at(s[C], s[C].leaves[4])
    refuses(s, lambda: s[C].tensorize(s[C].leaves[3], GEMM), "nothing is computed", "A.local")
