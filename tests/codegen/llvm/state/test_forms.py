"""Linear forms: one term for each atom, however often and however deep it stands."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autosched.codegen.llvm.emit import emit
from autosched.codegen.llvm.state.forms import linear
from autosched.ir import build as b
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Add, Expr, Sub
from autosched.ir.stmt import Function
from autosched.target.target import Target
from tests.codegen.llvm.harness import (
    buffer,
    compiled,
    const,
    function,
    loop,
    read,
    run,
    unrolled,
    var,
    write,
)

i, j = var("i"), var("j")


def test_terms_are_added_up_in_order_of_appearance() -> None:
    form = linear((j * 3 + i) - (j + 5) * 2)
    assert list(form.atoms.items()) == [(j, 1), (i, 1)]
    assert form.constant == -10


def test_ramps_add_their_strides() -> None:
    form = linear(b.ramp(i * 4, 1, 8) + b.ramp(const(2), 3, 8))
    assert (form.lane_stride, form.constant, form.lanes) == (4, 2, 8)
    assert form.atoms == {i: 4}


def test_a_sum_that_is_shared_again_and_again_is_visited_once() -> None:
    total: Expr = i
    for _ in range(60):
        total = Add(total, total, INDEX)
    assert linear(total).atoms == {i: 1 << 60}


def test_deep_sums() -> None:
    total: Expr = i
    for _ in range(5000):
        total = Sub(Add(total, j, INDEX), const(1), INDEX)
    form = linear(total)
    assert form.atoms == {i: 1, j: 5000}
    assert form.constant == -5000


N = 16
HOST = Target.host()


def scalars(step: Callable[[Expr, Expr, int], Expr], count: int) -> Function:
    """y[i] is x[i] after `count` times `step`, one element at a time."""
    x, y = buffer("x", [N]), buffer("y", [N])

    def body(i):
        value: Expr = read(x, i)
        for number in range(count):
            value = step(value, i, number)
        return write(y, i, value)

    return function([x, y], loop("i", N, body))


def vectors(step: Callable[[Expr, Expr, int], Expr], count: int) -> Function:
    """As `scalars`, all elements at once."""
    x, y = buffer("x", [N]), buffer("y", [N])
    at = b.ramp(const(0), 1, N)
    value: Expr = read(x, at)
    for number in range(count):
        value = step(value, at, number)
    return function([x, y], write(y, at, value))


def result(nest: Function) -> np.ndarray:
    arrays = [np.linspace(-1, 1, N, dtype=np.float32), np.zeros(N, np.float32)]
    run(compiled(nest), nest, arrays)
    return arrays[1]


def length(nest: Function) -> int:
    return len(emit(nest, target=HOST).splitlines())


def squared(value: Expr, at: Expr, number: int) -> Expr:
    return value * value * 0.25 + value * 0.5


def by_place(value: Expr, at: Expr, number: int) -> Expr:
    return b.select(b.lt(at, number % N), value, value * 0.5)


def by_value(value: Expr, at: Expr, number: int) -> Expr:
    return b.select(b.lt(0.0, value), value, value * 0.5)


def by_place_and_beside(value: Expr, at: Expr, number: int) -> Expr:
    return b.select(b.lt(at, number % N), value * 0.25, 1.0) + value * 0.5


def reference(step: Callable[[Expr, Expr, int], Expr], count: int) -> np.ndarray:
    value = np.linspace(-1, 1, N, dtype=np.float32)
    at = np.arange(N)
    for number in range(count):
        half = value * np.float32(0.5)
        value = {
            squared: value * value / 4 + half,
            by_place: np.where(at < number % N, value, half),
            by_value: np.where(value > 0, value, half),
            by_place_and_beside: np.where(at < number % N, value / 4, np.float32(1)) + half,
        }[step].astype(np.float32)
    return value


STEPS = [squared, by_place, by_value, by_place_and_beside]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("made", [scalars, vectors])
def test_text_grows_with_the_distinct_nodes(step: Callable, made: Callable) -> None:
    grown = length(made(step, 40)) - length(made(step, 20))
    assert grown <= 1.2 * (length(made(step, 20)) - length(made(step, 0)))
    np.testing.assert_allclose(result(made(step, 12)), reference(step, 12), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("step", [by_place, by_value])
@pytest.mark.parametrize("made", [scalars, vectors])
def test_thousands_of_nested_operations(step: Callable, made: Callable) -> None:
    assert length(made(step, 2000)) < 40_000


def test_choices_that_nest_deep_read_only_what_they_take() -> None:
    x, y = buffer("x", [N]), buffer("y", [N])

    def body(i):
        value: Expr = b.const(0.0)
        for back in range(800):
            value = b.select(b.le(const(back % N), i), value + read(x, i - back % N), b.const(0.0))
        return write(y, i, value)

    nest = function([x, y], loop("i", N, body))
    arrays = [np.full(N, 2.0, np.float32), np.zeros(N, np.float32)]
    run(compiled(nest), nest, arrays)
    back = np.arange(800)[::-1] % N
    taken = [np.argmax(np.append(back > i, True)) for i in range(N)]
    np.testing.assert_array_equal(arrays[1], 2.0 * np.array(taken, np.float32))


def test_instances_of_an_unrolled_loop_have_values_of_their_own() -> None:
    x, y = buffer("x", [8]), buffer("y", [8])

    def body(i):
        value = read(x, i) + 1.0
        return write(y, i, value * value)

    nest = function([x, y], unrolled("i", 8, body))
    arrays = [np.arange(8, dtype=np.float32), np.zeros(8, np.float32)]
    run(compiled(nest), nest, arrays)
    np.testing.assert_array_equal(arrays[1], np.arange(1, 9, dtype=np.float32) ** 2)
