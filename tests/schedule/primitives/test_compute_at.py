"""compute_at: a stage inside a loop of a stage that needs it."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.errors import ScheduleError
from autosched.schedule import Schedule, check_schedule, create_schedule, why_illegal
from tests.schedule.nests import chain, golden, matmul, refuses


def diamond() -> tuple[te.Tensor, te.Tensor, te.Tensor]:
    """D reads B and C, and C reads B."""
    A = te.placeholder((8,), name="A")
    B = te.compute((8,), lambda i: A[i] + 1.0, name="B")
    C = te.compute((8,), lambda i: B[i] * 2.0, name="C")
    D = te.compute((8,), lambda i: B[i] - C[i], name="D")
    return B, C, D


def test_at_a_loop_of_the_reader() -> None:
    s = create_schedule(C := chain())
    outer, _ = s[C].split(C.op.axis[0], 4)
    s[s.stages[1]].compute_at(s[C], outer)
    golden(
        s,
        """
        for i.outer in 0..2:
            for i in 0..8 at most:
                B[i] = A[i] + 1.0
            for i.inner in 0..4:
                C[i] = B[i] * 2.0
        """,
    )
    check_schedule(s)


def test_a_reduction_inside_of_its_reader() -> None:
    C = matmul()
    D = te.compute((4, 6), lambda i, j: C[i, j] + 1.0, name="D")
    s = create_schedule(D)
    s[C].compute_at(s[D], D.op.axis[0])
    s[C].split(C.op.axis[1], 2)
    golden(
        s,
        """
        for i in 0..4:
            for i in 0..4 at most:
                for j.outer in 0..3 at most:
                    for j.inner in 0..2:
                        for k in 0..8:
                            C[i, j] += A[i, k] * B[k, j]
            for j in 0..6:
                D[i, j] = C[i, j] + 1.0
        """,
    )


def test_in_a_stage_that_needs_it_through_others() -> None:
    B, C, D = diamond()
    s = create_schedule(D)
    s[B].compute_at(s[D], D.op.axis[0])
    assert "got C outside" in str(why_illegal(s))
    s[C].compute_at(s[D], D.op.axis[0])
    golden(
        s,
        """
        for i in 0..8:
            for i in 0..8 at most:
                B[i] = A[i] + 1.0
            for i in 0..8 at most:
                C[i] = B[i] * 2.0
            D[i] = B[i] - C[i]
        """,
    )
    check_schedule(s)


def test_through_an_inlined_reader() -> None:
    B, C, D = diamond()
    s = create_schedule(D)
    s[C].compute_inline()
    s[B].compute_at(s[D], D.op.axis[0])
    check_schedule(s)
    golden(
        s,
        """
        # C is inlined
        for i in 0..8:
            for i in 0..8 at most:
                B[i] = A[i] + 1.0
            D[i] = B[i] - C[i]
        """,
    )


def test_a_reader_left_outside_is_found_before_lowering() -> None:
    B, C, D = diamond()
    s = create_schedule(D)
    outer, inner = s[D].split(D.op.axis[0], 2)
    s[B].compute_at(s[D], inner)
    s[C].compute_at(s[D], outer)
    with pytest.raises(ScheduleError, match=r"every reader of B inside of the loop i.inner"):
        check_schedule(s)
    s[D].reorder(inner, outer)
    check_schedule(s)


def test_an_output_that_needs_it_elsewhere() -> None:
    B, C, _ = diamond()
    E = te.compute((8,), lambda i: B[i] * 3.0, name="E")
    s = create_schedule([C, E])
    refuses(s, lambda: s[B].compute_at(s[C], C.op.axis[0]), "the output E, which needs it too")
    s[B].compute_root()


def test_stages_that_do_not_need_it() -> None:
    B, C, D = diamond()
    s = create_schedule(D)
    refuses(s, lambda: s[C].compute_at(s[B], B.op.axis[0]), "that needs C", "read by D")
    refuses(s, lambda: s[C].compute_at(s[C], C.op.axis[0]), "that needs C")


def test_outputs_and_inputs_stay() -> None:
    B, _, D = diamond()
    s = create_schedule(D)
    A = s.stages[0]
    refuses(s, lambda: s[D].compute_at(s[B], B.op.axis[0]), "no output", "cache_write")
    refuses(s, lambda: s[A].compute_at(s[B], B.op.axis[0]), "A, which is an input")


def test_loops_of_inlined_stages() -> None:
    B, C, D = diamond()
    s = create_schedule(D)
    s[C].compute_inline()
    refuses(s, lambda: s[B].compute_at(s[C], C.op.axis[0]), "C, which is inlined")


def test_no_parallel_loop_in_a_vectorized_one() -> None:
    s = create_schedule(C := chain())
    B = s.stages[1]
    s[C].vectorize(C.op.axis[0])
    s[B].compute_at(s[C], C.op.axis[0])
    s[B].parallel(B.op.axis[0])
    assert "no parallel loop inside of a vectorized one" in str(why_illegal(s))


def test_loops_that_are_none() -> None:
    B, C, D = diamond()
    s = create_schedule(D)
    i = D.op.axis[0]
    refuses(s, lambda: s[B].compute_at(s[D], C.op.axis[0]), "expected an axis of stage D")
    refuses(s, lambda: s[B].compute_at(None, i), "expected a tensor or an operation")
    s[D].split(i, 2)
    refuses(s, lambda: s[B].compute_at(s[D], i), "split already")


def nested_parallel() -> Schedule:
    s = create_schedule(C := chain())
    B = s.stages[1]
    outer, _ = s[C].split(C.op.axis[0], 4)
    s[B].compute_at(s[C], outer)
    s[C].parallel(outer)
    s[B].parallel(B.op.axis[0])
    return s


def test_one_parallel_loop_around_a_stage() -> None:
    s = nested_parallel()
    assert "no parallel loop inside of a parallel one" in str(why_illegal(s))
    s[s.stages[1]].compute_root()
    assert why_illegal(s) is None


def test_the_start_of_a_reduction_is_computed_outside_of_it() -> None:
    A = te.placeholder((4, 8), name="A")
    b = te.placeholder((4,), name="b")
    B = te.compute((4,), lambda i: b[i] + 1.0, name="B")
    k = te.reduce_axis((0, 8), name="k")
    C = te.compute((4,), lambda i: te.sum(A[i, k], axis=k, init=B[i]), name="C")
    s = create_schedule(C)
    s[B].compute_at(s[C], k)
    assert "from which the reduction C starts" in str(why_illegal(s))
    s[B].compute_at(s[C], C.op.axis[0])
    assert why_illegal(s) is None
