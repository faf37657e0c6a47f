"""Expressions to schedule, and what every test of a primitive asks."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

from autosched import te
from autosched.errors import ScheduleError
from autosched.schedule import Schedule, from_json, replay, to_json, to_python
from autosched.te.dag import inputs
from autosched.te.evaluate import evaluate


def copy(n: Any = 60) -> te.Tensor:
    A = te.placeholder((n,), name="A")
    return te.compute((n,), lambda i: A[i] * 2.0, name="B")


def chain(n: Any = 8) -> te.Tensor:
    """C reads B, which reads A."""
    A = te.placeholder((n,), name="A")
    B = te.compute((n,), lambda i: A[i] + 1.0, name="B")
    return te.compute((n,), lambda i: B[i] * 2.0, name="C")


def rowsum(n: Any = 4, m: Any = 8) -> te.Tensor:
    A = te.placeholder((n, m), name="A")
    k = te.reduce_axis((0, m), name="k")
    return te.compute((n,), lambda i: te.sum(A[i, k], axis=k), name="B")


def matmul(m: Any = 4, n: Any = 6, k: Any = 8) -> te.Tensor:
    A = te.placeholder((m, k), name="A")
    B = te.placeholder((k, n), name="B")
    r = te.reduce_axis((0, k), name="k")
    return te.compute((m, n), lambda i, j: te.sum(A[i, r] * B[r, j], axis=r), name="C")


def argmax(n: int = 4, m: int = 7) -> list[te.Tensor]:
    A = te.placeholder((n, m), name="A")
    k = te.reduce_axis((0, m), name="k")

    def larger(x: Any, y: Any) -> Any:
        # Of equals the first, so that the order of combining does not matter.
        left = te.any(x[1] > y[1], te.all(x[1].equal(y[1]), x[0] <= y[0]))
        return te.if_then_else(left, x[0], y[0]), te.if_then_else(left, x[1], y[1])

    def nothing(index: str, value: str) -> Any:
        return te.const(-1, index), te.min_value(value)

    reduce = te.comm_reducer(larger, nothing, name="argmax")
    return te.compute((n,), lambda i: reduce((k, A[i, k]), axis=k), name="C")


def above(rows: int = 6, columns: int = 4) -> te.Tensor:
    """Return the sums of the rows of A, in which each addition takes the row's number away."""
    A = te.placeholder((rows, columns), "int64", name="A")
    k = te.reduce_axis((0, columns), name="k")

    def formula(i: Any) -> Any:
        return te.comm_reducer(lambda x, y: x + y - i, lambda dtype: i, "above")(A[i, k], axis=k)

    return te.compute((rows,), formula, name="C")


def golden(schedule: Schedule, text: str) -> None:
    """The schedule prints as `text`, and its trace and its Python make it again."""
    assert str(schedule) == dedent(text).strip("\n")
    replayed = replay(schedule.outputs, from_json(to_json(schedule.trace)))
    assert replayed.trace == schedule.trace
    assert str(replayed) == str(schedule)
    assert str(pasted(schedule)) == str(schedule)


def pasted(schedule: Schedule) -> Schedule:
    scope: dict[str, Any] = {"te": te}
    for op in schedule.outputs:
        scope[op.name.replace(".", "_")] = op.outputs[0]
    exec(to_python(schedule), scope)
    return scope["s"]


def refuses(schedule: Schedule, action: Callable[[], Any], *parts: str) -> None:
    """`action` raises a ScheduleError whose text has the `parts`, and changes nothing."""
    before, steps = str(schedule), list(schedule.trace)
    with pytest.raises(ScheduleError) as caught:
        action()
    for part in parts:
        assert part in str(caught.value)
    assert str(schedule) == before
    assert schedule.trace == steps


def means_the_same(schedule: Schedule) -> None:
    """The operations of the schedule compute what the outputs as written compute."""
    written = [tensor for op in schedule.outputs for tensor in op.outputs]
    random = np.random.default_rng(7)
    arrays = {
        tensor: random.integers(-4, 5, [int(e.value) for e in tensor.shape]).astype(
            tensor.dtype.numpy
        )
        for tensor in inputs(written)
    }
    current = [schedule.current(tensor) for tensor in written]
    for want, got in zip(evaluate(written, arrays), evaluate(current, arrays), strict=True):
        np.testing.assert_array_equal(want, got)
