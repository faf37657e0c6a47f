"""choose_after: conditions on data axes are tested after a reduction."""

from __future__ import annotations

from typing import Any

from autosched import te
from autosched.schedule import Schedule, create_schedule
from tests.schedule.nests import golden, matmul, means_the_same, refuses


def triangle(shift: int = 0, start: int = 0, also: bool = False) -> te.Tensor:
    """The lower triangle of a product; `shift` rows are read before."""
    A, B = te.placeholder((5, 4), name="A"), te.placeholder((4, 7), name="B")
    k = te.reduce_axis((start, 4 - start), name="k")

    def value(i: Any, j: Any) -> Any:
        inside = te.all(j <= i, i >= shift, k != 2) if also else te.all(j <= i, i >= shift)
        return te.if_then_else(inside, A[i - shift, k] * B[k, j], 0.0)

    return te.compute((5, 7), lambda i, j: te.sum(value(i, j), axis=k), name="C")


def later(C: te.Tensor) -> Schedule:
    s = create_schedule(C)
    s[C].choose_after()
    return s


def test_a_triangle() -> None:
    s = later(triangle())
    golden(
        s,
        """
        for i.c in 0..5:
            for j.c in 0..7:
                for k in 0..4:
                    C.all[i.c, j.c] += A[i.c, k] * B[k, j.c]
        for i in 0..5:
            for j in 0..7:
                C[i, j] = select(j <= i and 0 <= i, C.all[i, j], 0.0)
        """,
    )
    means_the_same(s)


def test_parts_of_a_condition_that_reduce_axes_decide_stay() -> None:
    s = later(triangle(also=True))
    assert "select(k != 2, A[i.c, k] * B[k, j.c], 0.0)" in str(s)
    means_the_same(s)


def test_a_condition_of_the_reduction() -> None:
    A, B = te.placeholder((5, 4), name="A"), te.placeholder((4, 7), name="B")
    k = te.reduce_axis((0, 4), name="k")

    def value(i: Any, j: Any) -> Any:
        return te.sum(A[i, k] * B[k, j], axis=k, where=te.all(j <= i, k != 2))

    s = later(te.compute((5, 7), value, name="C"))
    assert "select(k != 2, A[i.c, k] * B[k, j.c], 0.0)" in str(s)
    assert "C[i, j] = select(j <= i, C.all[i, j], 0.0)" in str(s)
    means_the_same(s)


def test_an_axis_that_does_not_start_at_0() -> None:
    means_the_same(later(triangle(start=1)))


def test_conditions_from_data_and_other_reductions() -> None:
    A, M = te.placeholder((5, 4), name="A"), te.placeholder((5,), name="M")
    k = te.reduce_axis((0, 4), name="k")
    lowest = te.min_value("float32")
    value = lambda i: te.if_then_else(M[i] > 0.0, A[i, k], lowest)  # noqa: E731
    C = te.compute((5,), lambda i: te.max(value(i), axis=k), name="C")
    s = later(C)
    assert "C[i] = select(0.0 < M[i], C.all[i], " in str(s)
    means_the_same(s)


def test_reads_that_a_condition_guards_stay_guarded() -> None:
    s = create_schedule(C := triangle(shift=1))
    refuses(s, lambda: s[C].choose_after(), "of elements that can be read everywhere")


def test_a_choice_inside_that_relies_on_the_condition() -> None:
    A, B = te.placeholder((5, 4), name="A"), te.placeholder((4, 7), name="B")
    k = te.reduce_axis((0, 4), name="k")

    def value(i: Any, j: Any) -> Any:
        row = te.if_then_else(j > 0, A[i - 1, k], 0.0)
        return te.if_then_else(i >= 1, row * B[k, j], 0.0)

    C = te.compute((5, 7), lambda i, j: te.sum(value(i, j), axis=k), name="C")
    s = create_schedule(C)
    refuses(s, lambda: s[C].choose_after(), "of elements that can be read everywhere")


def test_values_that_are_chosen_otherwise() -> None:
    A, k = te.placeholder((5, 4), name="A"), te.reduce_axis((0, 4), name="k")

    def rows(other: float, **options: Any) -> te.Tensor:
        value = lambda i: te.if_then_else(i >= 2, A[i, k], other)  # noqa: E731
        return te.compute((5,), lambda i: te.sum(value(i), axis=k, **options), name="C")

    for output in (rows(1.0), rows(0.0, init=3.0), rows(0.0, where=k >= 1), matmul()):
        s = create_schedule(output)
        refuses(s, s[output].choose_after, "a condition on data axes")
    s = create_schedule(C := triangle())
    s[C].split(C.op.axis[0], 2)
    refuses(s, lambda: s[C].choose_after(), "call choose_after before split")
