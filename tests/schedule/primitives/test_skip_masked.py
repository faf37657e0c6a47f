"""skip_masked: terms that a mask makes the identity are known to be so."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np
import pytest

from autosched import te
from autosched.schedule import create_schedule
from autosched.schedule.relevance import relevant_terms
from tests.schedule.nests import golden, matmul, means_the_same, refuses, rowsum

LOWEST = float(np.finfo(np.float32).min)
Mask = Callable[[Any, Any], Any]


def masked(
    mask: Mask = lambda i, k: k <= i, hidden: float = -inf, n: Any = 6, m: Any = 6,
    power: Callable[[Any], Any] = te.exp, divided: bool = False,
) -> te.Tensor:  # fmt: skip
    """A product of the softmax of masked scores, as powers or divided by their sums."""
    S, V = te.placeholder((n, m), name="S"), te.placeholder((m, 3), name="V")
    r, s, k = (te.reduce_axis((0, m), name=name) for name in "rsk")
    scores = te.compute(
        (n, m), lambda i, j: te.if_then_else(mask(i, j), S[i, j], te.const(hidden)), name="M"
    )
    greatest = te.compute((n,), lambda i: te.max(scores[i, r], axis=r), name="G")
    powers = te.compute((n, m), lambda i, j: power(scores[i, j] - greatest[i]), name="P")
    if divided:
        total = te.compute((n,), lambda i: te.sum(powers[i, s], axis=s), name="T")
        weights = te.compute((n, m), lambda i, j: powers[i, j] * (1.0 / total[i]), name="W")
    else:
        weights = powers
    return te.compute((n, 3), lambda i, e: te.sum(weights[i, k] * V[k, e], axis=k), name="C")


def found(output: te.Tensor) -> dict[str, str]:
    """The conditions of each stage that has some."""
    s = create_schedule(output)
    terms = {stage.name: relevant_terms(s, stage.op) for stage in s.stages}
    return {name: " and ".join(map(str, parts)) for name, parts in terms.items() if parts}


def test_a_factor_that_is_chosen_in_the_sum() -> None:
    A, B = te.placeholder((5, 7), name="A"), te.placeholder((7, 3), name="B")
    k = te.reduce_axis((0, 7), name="k")
    C = te.compute(
        (5, 3),
        lambda i, j: te.sum(te.if_then_else(k <= i, A[i, k], 0.0) * B[k, j], axis=k),
        name="C",
    )
    s = create_schedule(C)
    s[C].skip_masked()
    golden(
        s,
        """
        for i in 0..5:
            for j in 0..3:
                for k in 0..7:
                    C[i, j] += select(k <= i, A[i, k], 0.0) * B[k, j] only where k <= i
        """,
    )
    means_the_same(s)


@pytest.mark.parametrize(
    ("value", "reduce", "terms"),
    [
        (lambda i, k, a: te.if_then_else(k <= i, a, te.const(-inf)), te.max, "k <= i"),
        (lambda i, k, a: te.if_then_else(i < k, te.const(inf), a), te.min, "k <= i"),
        (lambda i, k, a: te.if_then_else(k <= i, a, 1.0), te.prod, "k <= i"),
        (lambda i, k, a: te.if_then_else(k <= i, a, 0.0) / 2.0, te.sum, "k <= i"),
        (lambda i, k, a: te.if_then_else(te.all(k <= i + 1, i <= k + 2), a, 0.0), te.sum,
         "k <= i + 1 and i <= k + 2"),
        (lambda i, k, a: te.if_then_else(k <= i, a, 0.0), te.max, ""),
        (lambda i, k, a: te.if_then_else(k <= i, a, 0.0) + 1.0, te.sum, ""),
        (lambda i, k, a: te.if_then_else(k <= i, a, 0.0) / a, te.sum, ""),
        (lambda i, k, a: te.if_then_else(i <= 3, a, 0.0), te.sum, ""),
        (lambda i, k, a: te.if_then_else(a > 0.0, a, 0.0), te.sum, ""),
        (lambda i, k, a: te.if_then_else(k <= i, a, te.const(-inf)) * te.const(-1.0), te.max, ""),
        (lambda i, k, a: te.if_then_else(k <= i, a, te.const(-inf)) * a, te.max, ""),
        (lambda i, k, a: te.const(2.0) * te.if_then_else(k <= i, a, 1.0), te.prod, ""),
        (lambda i, k, a: te.if_then_else(k <= i, a, te.const(-inf)) * te.const(2.0), te.max,
         "k <= i"),
    ],
)  # fmt: skip
def test_terms(value: Any, reduce: Any, terms: str) -> None:
    A = te.placeholder((6, 6), name="A")
    k = te.reduce_axis((0, 6), name="k")
    C = te.compute((6,), lambda i: reduce(value(i, k, A[i, k]), axis=k), name="C")
    assert found(C).get("C", "") == terms


@pytest.mark.parametrize("reduce", [te.sum, te.max, te.prod])
def test_a_condition_of_the_reduction(reduce: Any) -> None:
    A = te.placeholder((6, 6), name="A")
    k = te.reduce_axis((0, 6), name="k")
    C = te.compute((6,), lambda i: reduce(A[i, k], axis=k, where=k <= i), name="C")
    assert found(C) == {"C": "k <= i"}
    s = create_schedule(C)
    s[C].skip_masked()
    s[C].split(k, 2)
    means_the_same(s)


@pytest.mark.parametrize("divided", [False, True], ids=["powers", "divided"])
@pytest.mark.parametrize("power", [te.exp, lambda x: te.exp2(x * 0.5)], ids=["exp", "exp2"])
def test_weights_of_a_softmax(power: Callable[[Any], Any], divided: bool) -> None:
    terms = found(masked(power=power, divided=divided))
    assert terms["C"] == "k <= i"
    assert terms["G"] == "r <= i"
    assert terms.get("T") == ("s <= i" if divided else None)


@pytest.mark.parametrize(
    ("output", "is_known"),
    [
        (lambda: masked(lambda i, k: te.all(k <= i, i <= k + 2)), True),
        (lambda: masked(lambda i, k: k < 4), True),
        (lambda: masked(lambda i, k: k <= i + 2, n=4), True),
        (lambda: masked(lambda i, k: te.all(k <= i, i <= k + 2), n=te.var("n"), m=9), False),
        (lambda: masked(lambda i, k: k < i), False),
        (lambda: masked(lambda i, k: k <= i - 2), False),
        (lambda: masked(lambda i, k: te.all(k <= i, i <= 3)), False),
        (lambda: masked(lambda i, k: k * 2 <= i), False),
        (lambda: masked(hidden=-1e9), False),
        (lambda: masked(hidden=LOWEST), True),
        (lambda: masked(lambda i, k: k < i, hidden=LOWEST), False),
        (lambda: masked(power=lambda x: te.exp(x) + 1.0), False),
    ],
    ids=["window", "first keys", "more keys", "more rows than keys", "none in row 0", "none in two",
         "none in later rows", "steps", "a number", "the lowest", "the lowest in row 0", "not 0"],
)  # fmt: skip
def test_rows_that_are_masked_as_a_whole_stay_as_written(
    output: Callable[[], te.Tensor], is_known: bool
) -> None:
    assert ("C" in found(output())) == is_known


def test_lengths_that_are_sizes() -> None:
    length = te.var("length")
    L = te.placeholder((length,), name="L")
    output = masked(lambda i, k: k < length)
    given = te.compute(output.shape, lambda i, e: output[i, e] + L[0], name="D")
    assert found(given)["C"] == "k < length"


@pytest.mark.parametrize(
    ("greatest", "is_finite"),
    [
        (lambda i, k, a: te.max(a, axis=k), True),
        (lambda i, k, a: te.max(a, axis=k, where=k <= i), True),
        (lambda i, k, a: te.max(a, axis=k, where=k < i), False),
        (lambda i, k, a: te.max(a, axis=k, where=a > 0.0), False),
        (lambda i, k, a: te.max(te.if_then_else(k <= i, a, te.const(-inf)), axis=k), True),
        (lambda i, k, a: te.max(te.if_then_else(k <= i, a, te.const(-inf)) * a, axis=k), False),
    ],
    ids=["all", "some", "none in row 0", "of data", "masked", "masked with either sign"],
)  # fmt: skip
def test_the_other_factor_is_finite(greatest: Any, is_finite: bool) -> None:
    A = te.placeholder((6, 6), name="A")
    r, k = te.reduce_axis((0, 6), name="r"), te.reduce_axis((0, 6), name="k")
    G = te.compute((6,), lambda i: greatest(i, r, A[i, r]), name="G")
    C = te.compute(
        (6,), lambda i: te.sum(te.if_then_else(k <= i, A[i, k], 0.0) * G[i], axis=k), name="C"
    )
    assert ("C" in found(C)) == is_finite


@pytest.mark.parametrize(
    ("where", "is_known"), [(lambda i, s: True, True), (lambda i, s: s > i, False)]
)
def test_the_divisor_is_not_zero(where: Mask, is_known: bool) -> None:
    """The sum of a row's exponentials, which is 0 where it has no terms."""
    A = te.placeholder((6, 6), name="A")
    r, s, k = (te.reduce_axis((0, 6), name=name) for name in "rsk")
    G = te.compute((6,), lambda i: te.max(A[i, r], axis=r), name="G")
    T = te.compute(
        (6,), lambda i: te.sum(te.exp(A[i, s] - G[i]), axis=s, where=where(i, s)), name="T"
    )
    C = te.compute(
        (6,), lambda i: te.sum(te.if_then_else(k <= i, A[i, k], 0.0) / T[i], axis=k), name="C"
    )
    assert ("C" in found(C)) == is_known


def test_all_of_a_chain() -> None:
    s = create_schedule(C := masked())
    for stage in s.stages:
        if stage.name in ("G", "C"):
            stage.skip_masked()
    assert str(s).count("only where") == 2
    means_the_same(s)
    lanes = s[C].split(C.op.reduce_axis[0], 2)[1]
    s.rfactor(C, lanes)
    assert "only where k.outer*2 + k.inner <= i" in str(s)


def test_other_reductions() -> None:
    for output in (matmul(), rowsum()):
        s = create_schedule(output)
        refuses(s, lambda s=s, o=output: s[o].skip_masked(), "its identity by a condition")


def test_once_and_before_loops() -> None:
    s = create_schedule(C := masked())
    s[C].skip_masked()
    refuses(s, lambda: s[C].skip_masked(), "its identity by a condition")
    s = create_schedule(C := masked())
    s[C].split(C.op.axis[0], 2)
    refuses(s, lambda: s[C].skip_masked(), "call skip_masked before split")
