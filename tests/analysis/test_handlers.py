"""Index expressions that nest deep or share what they are computed from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.analysis.affine import to_linear
from autosched.analysis.bounds import Bounds
from autosched.analysis.regions import relax
from autosched.analysis.simplify import interval, simplify
from autosched.ir.build import const
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Add, Expr, Var

DEPTH = 1000
EXTENT = 64

i = Var("i", INDEX)


def halves(x: Any) -> Any:
    for _ in range(DEPTH):
        x = (x + 40) // 2
    return x


def remainders(x: Any) -> Any:
    for number in range(DEPTH):
        x = (x + number) % (number % 50 + 7)
    return x


def sums(x: Any) -> Any:
    for number in range(DEPTH):
        x = 63 - x if number % 2 else (x + 3) - 3
    return x


def quotients_and_remainders(x: Any) -> Any:
    for _ in range(DEPTH // 2):
        x = x // 3 * 3 + x % 3
    return x


DEEP = pytest.mark.parametrize("deep", [halves, remainders, sums, quotients_and_remainders])


def bounds() -> Bounds:
    return Bounds({i: (0, EXTENT - 1)})


@DEEP
def test_deep_indices_are_simplified(deep: Callable[[Any], Any]) -> None:
    expr = deep(i)
    found = simplify(expr, bounds())
    assert simplify(found, bounds()) is found
    low, high = interval(expr, bounds())
    values = [deep(value) for value in range(EXTENT)]
    assert low is not None
    assert high is not None
    assert low <= min(values) <= max(values) <= high
    assert relax(expr, {i: (const(0, INDEX), const(EXTENT, INDEX))}) is not None
    assert to_linear(expr).terms or to_linear(expr).const


@DEEP
def test_deep_indices_are_built(deep: Callable[[Any], Any]) -> None:
    given = np.arange(EXTENT, dtype=np.float32)
    found = built(lambda index: deep(index), given)
    np.testing.assert_array_equal(found, [given[deep(place)] for place in range(EXTENT)])


def test_deep_conditions_are_built() -> None:
    def wanted(index: Any) -> Any:
        condition = index < 3
        for number in range(DEPTH):
            side = index < number % 60
            condition = condition & (index < 60) if number % 2 else condition | side
        return condition

    given = np.arange(1, EXTENT + 1, dtype=np.float32)
    found = built(lambda index: te.if_then_else(wanted(index), index, 0), given)
    np.testing.assert_array_equal(
        found, [given[place] if wanted(place) else given[0] for place in range(EXTENT)]
    )


def test_deep_choices_are_built() -> None:
    def chosen(index: Any) -> Any:
        x = index
        for number in range(DEPTH):
            x = te.if_then_else(index < number % 60, (index + number) % EXTENT, x)
        return x

    last = [max([n for n in range(DEPTH) if place < n % 60], default=0) for place in range(EXTENT)]
    given = np.arange(EXTENT, dtype=np.float32)
    places = [(place + number) % EXTENT for place, number in enumerate(last)]
    np.testing.assert_array_equal(built(chosen, given), given[places])


def built(index: Callable[[Any], Any], given: np.ndarray) -> np.ndarray:
    """What the default kernel of `B[i] = A[index(i)]` computes."""
    A = te.placeholder(given.shape, name="A")
    B = te.compute(given.shape, lambda i: A[index(i)], name="B")
    found = np.empty_like(given)
    autosched.build([A, B])(given, found)
    return found


def doubled(times: int) -> Expr:
    x: Expr = i
    for _ in range(times):
        x = Add(x, x, INDEX)
    return x


def test_a_sum_that_others_share_is_added_up_once() -> None:
    assert str(simplify(doubled(40), bounds())) == f"i*{1 << 40}"
    assert to_linear(doubled(40)).terms == {i: 1 << 40}


def test_the_order_of_the_terms_is_that_of_their_appearance() -> None:
    names = [Var(f"x{number}", INDEX) for number in range(300)]
    x: Expr = names[0]
    for name in names[1:]:
        x = Add(x, name, INDEX)
    assert list(to_linear(x).terms) == names
