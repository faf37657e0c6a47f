"""Recurrences: rows computed from the rows before them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.errors import ExpressionError, LoweringError, ScheduleError
from autosched.te import serialize
from autosched.te.evaluate import evaluate


def sums(m: Any = 5, n: Any = 6, first: int = 1) -> tuple[te.Tensor, ...]:
    """Rows of a state: what each is, `first` rows back, with a row of X added."""
    X, state = te.placeholder((m, n), name="X"), te.placeholder((m, n), name="state")
    init = te.compute((first, n), lambda t, i: X[t, i], name="init")
    update = te.compute((m, n), lambda t, i: state[t - first, i] + X[t, i], name="update")
    return X, state, init, update, te.scan(init, update, state, inputs=[X], name="C")


def expected(x: np.ndarray, first: int = 1) -> np.ndarray:
    y = x.copy()
    for t in range(first, len(x)):
        y[t] += y[t - first]
    return y


def values(m: int = 5, n: int = 6) -> np.ndarray:
    return np.random.default_rng(1).integers(-4, 5, (m, n)).astype("float32")


@pytest.mark.parametrize("first", [1, 3])
def test_a_scan_is_evaluated_built_and_read_from_text(first: int) -> None:
    X, *_, C = sums(first=first)
    x = values()
    y = expected(x, first)
    np.testing.assert_array_equal(evaluate([C], {X: x})[0], y)
    np.testing.assert_array_equal(autosched.build([X, C])(x), y)
    text = serialize.to_json([X, C])
    X2, C2 = serialize.from_json(text)
    assert serialize.to_json([X2, C2]) == text
    np.testing.assert_array_equal(evaluate([C2], {X2: x})[0], y)


def test_its_steps_are_scheduled_as_other_stages() -> None:
    X, state, _, update, C = sums(te.var("m"), te.var("n"))
    s = te.create_schedule(C)
    XX = s.cache_read(X, "local", [update])
    S = s.cache_read(state, "local", [update])
    outer, inner = s[update].split(update.op.axis[1], 4)
    s[update].vectorize(inner)
    s[XX].compute_at(s[update], outer)
    s[S].compute_at(s[update], outer)
    s[C].split(C.op.scan_axis, 2)
    kernel = autosched.build(s, [X, C])
    for shape in ((1, 3), (2, 4), (7, 9)):
        x = values(*shape)
        np.testing.assert_array_equal(kernel(x), expected(x))


def test_two_states_and_a_reader() -> None:
    X, s1, s2 = (te.placeholder((5, 4), name=name) for name in ("X", "s1", "s2"))
    k = te.reduce_axis((0, 4), name="k")
    total = te.compute((5,), lambda t: te.sum(s2[t - 1, k], axis=k), name="total")
    u1 = te.compute((5, 4), lambda t, i: s1[t - 1, i] + total[t], name="u1")
    u2 = te.compute((5, 4), lambda t, i: X[t, i] - s1[t - 1, 0], name="u2")
    zeros = [te.compute((1, 4), lambda t, i: 0.0, name=name) for name in ("z1", "z2")]
    C1, C2 = te.scan(zeros, [u1, u2], [s1, s2])
    D = te.compute((5, 4), lambda t, i: C1[t, i] - C2[t, i], name="D")
    x = values(5, 4)
    c1, c2 = np.zeros((2, 5, 4), "float32")
    for t in range(1, 5):
        c1[t], c2[t] = c1[t - 1] + c2[t - 1].sum(), x[t] - c1[t - 1, 0]
    np.testing.assert_array_equal(evaluate([D], {X: x})[0], c1 - c2)
    np.testing.assert_array_equal(autosched.build([X, D])(x), c1 - c2)
    s = te.create_schedule(D)
    s[total].compute_at(s[u1], u1.op.axis[1])
    np.testing.assert_array_equal(autosched.build(s, [X, D])(x), c1 - c2)


def test_a_tensor_given_twice_is_copied() -> None:
    X, s1, s2 = (te.placeholder((3, 2), name=name) for name in ("X", "s1", "s2"))
    first = te.placeholder((1, 2), name="first")
    u = te.compute((3, 2), lambda t, i: s1[t - 1, i] + s2[t - 1, i] + X[t, i])
    C1, C2 = te.scan([first, first], [u, u], [s1, s2])
    x = values(3, 2)
    c1, c2 = autosched.build([X, first, C1, C2])(x, x[:1])
    np.testing.assert_array_equal(c1, c2)
    np.testing.assert_array_equal(c1[1], 2 * x[0] + x[1])


Rule = Callable[[te.Tensor, te.Tensor], Any]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda s, A: lambda t, i: s[t, i] + A[t, i], "rows of scan before t, got row t"),
        (lambda s, A: lambda t, i: s[4 - t, i], "rows of scan before t"),
        (lambda s, A: lambda t, i: s[t - 2, i], "at least 2 first rows"),
        (lambda s, A: lambda t, i: s[te.if_then_else(A[t, i] > 0, t - 1, 0), i], "before t"),
    ],
)
def test_rows_that_are_not_there_yet_are_refused(rule: Any, message: str) -> None:
    A, state = te.placeholder((5, 4), name="A"), te.placeholder((5, 4), name="state")
    init = te.compute((1, 4), lambda t, i: A[t, i])
    update = te.compute((5, 4), rule(state, A), name="update")
    with pytest.raises(ExpressionError, match=message):
        te.scan(init, update, state)


def test_a_step_reads_only_its_own_row_of_another() -> None:
    A, state = te.placeholder((5, 4), name="A"), te.placeholder((5, 4), name="state")
    init = te.compute((1, 4), lambda t, i: A[t, i])
    twice = te.compute((5, 4), lambda t, i: state[t - 1, i] * 2.0, name="twice")
    update = te.compute((5, 4), lambda t, i: twice[1, i], name="update")
    with pytest.raises(ExpressionError, match="to read twice in the row that it computes"):
        te.scan(init, update, state)


def test_shapes_and_dtypes_must_agree() -> None:
    state = te.placeholder((5, 4), name="state")
    m = te.var("m")
    long = te.placeholder((m, 4), name="long")

    def first(rows: int, width: int, dtype: str = "float32") -> te.Tensor:
        return te.compute((rows, width), lambda t, i: te.const(0, dtype))

    update = te.compute((5, 4), lambda t, i: state[t - 1, i])
    of_long = te.compute((m, 4), lambda t, i: long[t - 1, i])
    for arguments, message in (
        ((first(1, 3), update, state), "as much but for the rows"),
        ((first(1, 4, "int32"), update, state), "expected one dtype"),
        ((first(6, 4), update, state), "at most all of its 5"),
        ((first(2, 4), of_long, long), "at most all of its m"),
        (([first(1, 4)] * 2, update, state), "got 2, 1 and 1"),
        ((first(1, 4), update, update), "a placeholder of its own"),
    ):
        with pytest.raises(ExpressionError, match=message):
            te.scan(*arguments)


def test_steps_stay_in_their_order_and_place() -> None:
    X, _, init, update, C = sums()
    s = te.create_schedule(C)
    outer, inner = s[C].split(C.op.scan_axis, 2)
    for action in (
        lambda: s[C].reorder(inner, outer),
        lambda: s[C].parallel(outer),
        lambda: s[C].vectorize(inner),
        lambda: s[C].bind(inner, te.thread_axis("threadIdx.x")),
        lambda: s[update].compute_inline(),
        lambda: s[update].compute_root(),
        lambda: s[init].compute_at(s[C], outer),
        lambda: s.cache_write(C, "local"),
    ):
        with pytest.raises(ScheduleError):
            action()
    with pytest.raises(LoweringError, match="expected update stored in the rows of C"):
        autosched.lower(s, [X, update, C])


def test_a_state_is_read_in_the_steps_only() -> None:
    X, state, _, _, C = sums()
    D = te.compute((5, 6), lambda t, i: C[t, i] + state[t, i], name="D")
    with pytest.raises(ScheduleError, match="every reader of the state state in the steps of C"):
        autosched.lower(te.create_schedule(D), [X, D])
