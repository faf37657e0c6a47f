"""cache_part: a part of a reduced value, computed in a stage of its own."""

from __future__ import annotations

from typing import Any

import pytest

from autosched import te
from autosched.schedule import create_schedule
from autosched.schedule.primitives.cache_part import parts
from tests.schedule.nests import argmax, copy, golden, matmul, means_the_same, refuses


def activated(start: int = 0) -> te.Tensor:
    """Multiply the magnitudes of a matrix by another."""
    A, B = te.placeholder((4, 7), name="A"), te.placeholder((7, 5), name="B")
    k = te.reduce_axis((start, 7 - start), name="k")
    return te.compute((4, 5), lambda i, j: te.sum(te.abs(A[i, k]) * B[k, j], axis=k), name="C")


def number_of(C: te.Tensor, text: str) -> int:
    return [str(part) for part in parts(C.op)].index(text)


def test_a_function_of_one_operand() -> None:
    s = create_schedule(C := activated())
    s[C].cache_part(number_of(C, "abs(A[i, k])"))
    golden(
        s,
        """
        for i in 0..4:
            for k in 0..7:
                C.part[i, k] = abs(A[i, k])
        for i in 0..4:
            for j in 0..5:
                for k in 0..7:
                    C[i, j] += C.part[i, k] * B[k, j]
        """,
    )
    means_the_same(s)


def test_every_part_of_a_product() -> None:
    for number in range(3):
        s = create_schedule(C := matmul())
        s[C].cache_part(number)
        means_the_same(s)


def test_axes_are_in_the_order_of_the_rows_that_are_read() -> None:
    A, B, S = (
        te.placeholder(shape, name=n) for shape, n in (((4, 7), "A"), ((7, 5), "B"), (5, "S"))
    )
    k = te.reduce_axis((0, 7), name="k")
    C = te.compute((4, 5), lambda i, j: te.sum(A[i, k] * (B[k, j] * S[j]), axis=k), name="C")
    s = create_schedule(C)
    s[C].cache_part(number_of(C, "B[k, j] * S[j]"))
    assert "C.part[k, j] = B[k, j] * S[j]" in str(s)
    means_the_same(s)


def test_an_axis_that_does_not_start_at_0() -> None:
    s = create_schedule(C := activated(start=2))
    s[C].cache_part(number_of(C, "abs(A[i, k])"))
    assert "C.part[i, k - 2] * B[k, j]" in str(s)
    means_the_same(s)


def test_numbers_of_axes_alone() -> None:
    A, k = te.placeholder((4, 7), name="A"), te.reduce_axis((0, 7), name="k")
    wave = lambda k: te.cos(k.astype("float32"))  # noqa: E731
    C = te.compute((4,), lambda i: te.sum(A[i, k] * wave(k), axis=k), name="C")
    s = create_schedule(C)
    s[C].cache_part(number_of(C, "cos(float32(k))"))
    means_the_same(s)


def test_what_is_equal_is_computed_once() -> None:
    A, B = te.placeholder((4, 7), name="A"), te.placeholder((7, 5), name="B")
    k = te.reduce_axis((0, 7), name="k")
    value = lambda i, j: te.abs(A[i, k]) * B[k, j] + te.abs(A[i, k])  # noqa: E731
    C = te.compute((4, 5), lambda i, j: te.sum(value(i, j), axis=k), name="C")
    s = create_schedule(C)
    s[C].cache_part(number_of(C, "abs(A[i, k])"))
    assert "C.part[i, k] * B[k, j] + C.part[i, k]" in str(s)
    means_the_same(s)


def test_several_reduced_values() -> None:
    outputs = argmax()
    s = create_schedule(outputs[0])
    s[outputs[0]].cache_part(number_of(outputs[0], "A[i, k]"))
    means_the_same(s)


def test_what_a_condition_may_have_to_guard_is_no_part() -> None:
    A, B = te.placeholder((6,), name="A"), te.placeholder((6,), name="B")
    k = te.reduce_axis((0, 6), name="k")
    shifted = lambda i: te.if_then_else(i + k >= 3, A[i + k - 3], 0.0) * B[k]  # noqa: E731
    C = te.compute((3,), lambda i: te.sum(shifted(i), axis=k), name="C")
    assert "A[i + k - 3]" not in map(str, parts(C.op))
    guarded = te.compute(
        (3,), lambda i: te.sum(A[i + k - 3] * (k // i), axis=k, where=i + k >= 3), name="D"
    )
    assert {str(part) for part in parts(guarded.op)} == {"i", "k"}


@pytest.mark.parametrize("is_choice", [False, True])
def test_what_can_be_computed_where_a_condition_fails(is_choice: bool) -> None:
    A, B = te.placeholder((4, 7), name="A"), te.placeholder((7, 5), name="B")
    k = te.reduce_axis((0, 7), name="k")

    def value(i: Any, j: Any) -> Any:
        product = te.log(A[i, k]) * B[k, j]
        if is_choice:
            return te.sum(te.if_then_else(k <= j, product, 0.0), axis=k)
        return te.sum(product, axis=k, where=k <= j)

    s = create_schedule(C := te.compute((4, 5), value, name="C"))
    s[C].cache_part(number_of(C, "log(A[i, k])"))
    assert "C.part[i, k] * B[k, j]" in str(s)
    means_the_same(s)


@pytest.mark.parametrize("number", [3, 9])
def test_a_number_that_no_part_has(number: int) -> None:
    s = create_schedule(C := matmul())
    refuses(s, lambda: s[C].cache_part(number), f"got number {number} of stage C", "3 parts")


def test_stages_without_parts_and_loops_that_it_does_not_take() -> None:
    s = create_schedule(B := copy())
    refuses(s, lambda: s[B].cache_part(0), "a part of a reduced value")
    s = create_schedule(C := matmul())
    refuses(s, lambda: s[C].cache_part(-1), "an integer that is not negative as 'number'")
    s[C].split(C.op.axis[0], 2)
    refuses(s, lambda: s[C].cache_part(0), "call cache_part before split")
