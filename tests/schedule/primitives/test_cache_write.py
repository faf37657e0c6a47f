"""cache_write: the computation moves to a stage of its own."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.schedule import create_schedule
from tests.schedule.nests import above, argmax, chain, golden, matmul, means_the_same, refuses


def test_a_reduction() -> None:
    s = create_schedule(C := matmul())
    CL = s.cache_write(C, "local")
    assert s[CL].op.reduce_axis == C.op.reduce_axis
    assert s[C].op.axis == C.op.axis
    golden(
        s,
        """
        alloc C.local: float32 local
        for i.c in 0..4:
            for j.c in 0..6:
                for k in 0..8:
                    C.local[i.c, j.c] += A[i.c, k] * B[k, j.c]
        for i in 0..4:
            for j in 0..6:
                C[i, j] = C.local[i, j]
        """,
    )
    means_the_same(s)


def test_a_stage_that_is_read() -> None:
    s = create_schedule(C := chain())
    B = s.tensors[1]
    s.cache_write(B, "local")
    s[B].compute_inline()
    golden(
        s,
        """
        alloc B.local: float32 local
        for i.c in 0..8:
            B.local[i.c] = A[i.c] + 1.0
        # B is inlined
        for i in 0..8:
            C[i] = B[i] * 2.0
        """,
    )
    assert s.current(C) is s[C].op.outputs[0]
    means_the_same(s)


def test_a_copy_of_a_copy() -> None:
    s = create_schedule(C := matmul())
    CG = s.cache_write(C, "global")
    s.cache_write(CG, "local")
    assert [stage.name for stage in s.stages[2:]] == ["C.global.local", "C.global", "C"]
    means_the_same(s)
    golden(s, str(s))


CACHED_ARGMAX = """
    alloc C.local.v0: int64, C.local.v1: float32 local
    for i.c in 0..4:
        for k in 0..7:
            C.local.v0[i.c], C.local.v1[i.c] = argmax((C.local.v0[i.c], C.local.v1[i.c]), (k, A[i.c, k]))
    for i in 0..4:
        C.v0[i], C.v1[i] = C.local.v0[i], C.local.v1[i]
"""  # noqa: E501


def test_several_values_together() -> None:
    C = argmax()
    s = create_schedule(C[0])
    assert [tensor.name for tensor in s.cache_write(C, "local")] == ["C.local.v0", "C.local.v1"]
    golden(s, CACHED_ARGMAX)
    means_the_same(s)


def test_one_value_of_several() -> None:
    C = argmax()
    s = create_schedule(C[0])
    assert s.cache_write(C[1], "local").name == "C.local.v1"
    golden(s, CACHED_ARGMAX)
    means_the_same(s)


def test_each_value_of_several_in_turn() -> None:
    C = argmax()
    s = create_schedule(C[0])
    s.cache_write(C[0], "local")
    assert s.cache_write(C[1], "local").op is s.stages[-2].op
    assert len(s.stages) == 4
    means_the_same(s)


def test_a_value_given_twice() -> None:
    C = argmax()
    s = create_schedule(C[0])
    refuses(s, lambda: s.cache_write([C[0], C[0]], "local"), "different tensors", "C.v0, C.v0")


def test_values_of_two_stages() -> None:
    s = create_schedule(C := chain())
    refuses(s, lambda: s.cache_write([s.tensors[1], C], "local"), "one stage", "B, C")


def test_loops_in_another_order() -> None:
    s = create_schedule(C := matmul())
    i, j = C.op.axis
    outer, inner = s[C].split(i, 3)
    s[C].reorder(outer, j, inner)
    copy = s.cache_write(C, "local")
    assert [int(extent) for extent in copy.shape] == [2, 6, 3]
    golden(
        s,
        """
        alloc C.local: float32 local
        for i.outer.c in 0..2:
            for j.c in 0..6:
                for i.inner.c in 0..3:
                    for k in 0..8:
                        C.local[i.outer.c, j.c, i.inner.c] += A[i.outer.c*3 + i.inner.c, k] * B[k, j.c] if i.outer.c*3 + i.inner.c < 4
        for i.outer in 0..2:
            for j in 0..6:
                for i.inner in 0..3:
                    C[i, j] = C.local[i//3, j, i%3]
        """,  # noqa: E501
    )
    means_the_same(s)


def test_fused_loops() -> None:
    s = create_schedule(C := chain())
    outer, inner = s[C].split(C.op.axis[0], 4)
    s[C].fuse(outer, inner)
    s.cache_write(C, "local")
    golden(
        s,
        """
        for i in 0..8:
            B[i] = A[i] + 1.0
        alloc C.local: float32 local
        for i.outer.i.inner.fused.c in 0..8:
            C.local[i.outer.i.inner.fused.c] = B[i.outer.i.inner.fused.c] * 2.0
        for i.outer.i.inner.fused in 0..8:
            C[i] = C.local[i//4*4 + i%4]
        """,
    )
    means_the_same(s)


@pytest.mark.parametrize("change", ["split", "parallel", "pragma"])
def test_loops_to_which_something_was_done(change: str) -> None:
    s = create_schedule(C := matmul())
    i = C.op.axis[0]
    {
        "split": lambda: s[C].split(C.op.reduce_axis[0], 2),
        "parallel": lambda: s[C].parallel(i),
        "pragma": lambda: s[C].pragma(i, "chunk"),
    }[change]()
    refuses(s, lambda: s.cache_write(C, "local"), "call cache_write before")


def test_stages_without_loops() -> None:
    s = create_schedule(chain())
    A, B, _ = s.tensors
    refuses(s, lambda: s.cache_write(A, "local"), "A, which is an input")
    s[B].compute_inline()
    refuses(s, lambda: s.cache_write(B, "local"), "B, which is inlined")


def test_arguments_that_make_no_sense() -> None:
    s = create_schedule(C := matmul())
    refuses(s, lambda: s.cache_write(C, 3), "expected a name as 'scope'")
    refuses(s, lambda: s.cache_write([], "local"), "one or more pairs")
    refuses(s, lambda: s.cache_write(te.placeholder((3,)), "local"), "of this schedule")


def test_a_combination_that_depends_on_the_axis() -> None:
    s = create_schedule(C := above())
    s.cache_write(C, "local")
    means_the_same(s)
