"""rfactor: a reduce loop becomes a data axis of a stage of its own."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.schedule import create_schedule
from tests.schedule.nests import above, argmax, golden, matmul, means_the_same, refuses, rowsum


def test_a_split_that_comes_out_even() -> None:
    s = create_schedule(B := rowsum(4, 8))
    outer, inner = s[B].split(B.op.reduce_axis[0], 2)
    BF = s.rfactor(B, inner)
    s[BF].vectorize(s[BF].op.axis[0])
    assert s[BF].op.reduce_axis == (outer,)
    golden(
        s,
        """
        vectorized k.inner in 0..2:
            for i in 0..4:
                for k.outer in 0..4:
                    B.rf[k.inner, i] += A[i, k.outer*2 + k.inner]
        for i in 0..4:
            for k.inner.v in 0..2:
                B[i] += B.rf[k.inner.v, i]
        """,
    )
    means_the_same(s)


def test_a_split_that_does_not() -> None:
    s = create_schedule(B := rowsum(4, 7))
    outer, _ = s[B].split(B.op.reduce_axis[0], 3)
    s.rfactor(B, outer, 1)
    golden(
        s,
        """
        for i in 0..4:
            for k.outer in 0..3:
                for k.inner in 0..3:
                    B.rf[i, k.outer] += A[i, k.outer*3 + k.inner] if k.outer*3 + k.inner < 7
        for i in 0..4:
            for k.outer.v in 0..3:
                B[i] += B.rf[i, k.outer.v]
        """,
    )
    means_the_same(s)


def test_the_whole_reduce_axis() -> None:
    s = create_schedule(B := rowsum(3, 5))
    s.rfactor(B, B.op.reduce_axis[0], -1)
    golden(
        s,
        """
        for i in 0..3:
            for k in 0..5:
                B.rf[i, k] = A[i, k]
        for i in 0..3:
            for k.v in 0..5:
                B[i] += B.rf[i, k.v]
        """,
    )
    means_the_same(s)


def test_an_axis_that_starts_later_with_a_condition_and_a_start() -> None:
    A = te.placeholder((3, 9), name="A")
    k = te.reduce_axis((2, 9), name="k")
    B = te.compute((3,), lambda i: te.sum(A[i, k], axis=k, where=A[i, k] > 0.0, init=5.0), name="B")
    for whole in (True, False):
        s = create_schedule(B)
        leaf = k if whole else s[B].split(k, 4)[1]
        s.rfactor(B, leaf)
        means_the_same(s)
        assert "starting at 5.0" in str(s).splitlines()[-1]
        golden(s, str(s))


def test_two_reduce_axes_fused_and_reordered() -> None:
    A = te.placeholder((3, 4, 5), name="A")
    x, y = te.reduce_axis((0, 4), name="x"), te.reduce_axis((0, 5), name="y")
    B = te.compute((3,), lambda i: te.sum(A[i, x, y], axis=[x, y]), name="B")
    s = create_schedule(B)
    outer, inner = s[B].split(s[B].fuse(x, y), 3)
    s[B].reorder(inner, outer)
    s.rfactor(B, inner)
    means_the_same(s)
    golden(s, str(s))
    s = create_schedule(B)
    s.rfactor(B, y)
    means_the_same(s)


def test_several_values() -> None:
    C = argmax(4, 7)
    s = create_schedule(C[0])
    _, inner = s[C[0]].split(C[0].op.reduce_axis[0], 4)
    made = s.rfactor(C[0], inner)
    assert [tensor.name for tensor in made] == ["C.rf.v0", "C.rf.v1"]
    golden(s, str(s))


def test_data_axes() -> None:
    s = create_schedule(C := matmul())
    refuses(s, lambda: s.rfactor(C, C.op.axis[0]), "the data axis i")


def test_data_loops_stay_as_they_are() -> None:
    s = create_schedule(B := rowsum(5, 8))
    i_outer, i_inner = s[B].split(B.op.axis[0], 3)
    _, k_inner = s[B].split(B.op.reduce_axis[0], 3)
    s[B].reorder(k_inner, i_inner, i_outer)
    s.rfactor(B, k_inner)
    s[B].vectorize(i_outer)
    golden(
        s,
        """
        for k.inner in 0..3:
            for i in 0..5:
                for k.outer in 0..3:
                    B.rf[k.inner, i] += A[i, k.outer*3 + k.inner] if k.outer*3 + k.inner < 8
        for i.inner in 0..3:
            vectorized i.outer in 0..2:
                for k.inner.v in 0..3:
                    B[i] += B.rf[k.inner.v, i]
        """,
    )
    means_the_same(s)


@pytest.mark.parametrize("change", ["unroll", "pragma"])
def test_a_stage_to_which_more_was_done(change: str) -> None:
    s = create_schedule(C := matmul())
    k = C.op.reduce_axis[0]
    {"unroll": lambda: s[C].unroll(k), "pragma": lambda: s[C].pragma(k, "chunk")}[change]()
    refuses(s, lambda: s.rfactor(C, k), "loops are not annotated", "call rfactor before")


def test_axes_that_are_no_loops() -> None:
    s = create_schedule(C := matmul())
    k = C.op.reduce_axis[0]
    s[C].split(k, 2)
    refuses(s, lambda: s.rfactor(C, k), "split already")


def test_arguments_that_make_no_sense() -> None:
    s = create_schedule(C := matmul())
    k = C.op.reduce_axis[0]
    for where in (3, -4):
        refuses(s, lambda where=where: s.rfactor(C, k, where), "a factor_axis of -3 to 2")
    refuses(s, lambda: s.rfactor(C, k, "0"), "an integer as 'factor_axis'")
    refuses(s, lambda: s.rfactor(C, 0), "expected an axis of stage C, got 0")
    refuses(s, lambda: s.rfactor(k, k), "expected a tensor or an operation")


def test_a_combination_that_depends_on_the_axis() -> None:
    s = create_schedule(C := above())
    s.rfactor(C, s[C].split(C.op.reduce_axis[0], 2)[0])
    means_the_same(s)
