"""Wrong reductions are refused with values; correct ones are accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr

A = te.placeholder((8, 9), name="A")
H = te.placeholder((8, 9), "float16", name="H")
B = te.placeholder((8, 9), "bfloat16", name="B")
N = te.placeholder((8, 9), "int32", name="N")
S = te.placeholder((8, 9), "int8", name="S")
U = te.placeholder((8, 9), "uint8", name="U")
F = te.placeholder((8, 9), "bool", name="F")
k = te.reduce_axis((0, 9), name="k")

Values = Any


def const(value: Any) -> Callable[..., Any]:
    return lambda *kinds: (
        te.const(value, kinds[0])
        if len(kinds) == 1
        else tuple(te.const(v, t) for v, t in zip(value, kinds, strict=True))
    )


def choice(condition: Expr, x: Values, y: Values) -> Values:
    return tuple(te.if_then_else(condition, a, b) for a, b in zip(x, y, strict=True))


def welford(x: Values, y: Values) -> Values:
    count = x[2] + y[2]
    delta = y[0] - x[0]
    mean = x[0] + delta * y[2] / count
    return mean, x[1] + y[1] + delta * delta * x[2] * y[2] / count, count


def logsumexp(x: Values, y: Values) -> Values:
    top = te.maximum(x[0], y[0])
    return top, x[1] * te.exp(x[0] - top) + y[1] * te.exp(y[0] - top)


def compensated(x: Values, y: Values) -> Values:
    total = x[0] + y[0]
    virtual = total - x[0]
    return total, x[1] + y[1] + (x[0] - (total - virtual)) + (y[0] - virtual)


def two_greatest(x: Values, y: Values) -> Values:
    """Correct only if the first of two is the greater one, as in this test."""
    first = x[0] > y[0]
    return (
        te.if_then_else(first, x[0], y[0]),
        te.if_then_else(first, te.maximum(x[1], y[0]), te.maximum(y[1], x[0])),
    )


LOW = float("-inf")
zero, one = te.const(0.0), te.const(1.0)

RIGHT: dict[str, tuple[Callable[[Any, Any], Any], Callable[..., Any], Any]] = {
    "sum": (lambda x, y: y + x, const(0), A[0, k]),
    "sum of float16": (lambda x, y: x + y, const(0), H[0, k]),
    "sum of bfloat16 in float32": (
        lambda x, y: (x.astype("float32") + y.astype("float32")).astype("bfloat16"),
        const(0),
        B[0, k],
    ),
    "int8 that wraps": (lambda x, y: x * y, const(1), S[0, k]),
    "product of uint8": (lambda x, y: x * y, const(1), U[0, k]),
    "max from minus infinity": (te.maximum, const(LOW), A[0, k]),
    "max from zero": (te.maximum, const(0), A[0, k]),
    "max of bytes from zero": (te.maximum, const(0), U[0, k]),
    "min from zero": (te.minimum, const(0), A[0, k]),
    "and": (lambda x, y: x & y, const(-1), N[0, k]),
    "or": (lambda x, y: x | y, const(0), N[0, k]),
    "xor": (lambda x, y: x ^ y, const(0), N[0, k]),
    "all": (te.all, const(True), F[0, k]),
    "any": (te.any, const(False), F[0, k]),
    "modular": (lambda x, y: (x + y) % 7, const(0), N[0, k] % 7),
    "length": (lambda x, y: te.sqrt(x * x + y * y), const(0), A[0, k]),
    "saturating": (
        lambda x, y: te.min(x.astype("int32") + y, 127).astype("int8"),
        const(0),
        S[0, k],
    ),
    "probability of any": (lambda x, y: x + y - x * y, const(0), A[0, k]),
    "argmax, the left of equals": (
        lambda x, y: choice(x[1] >= y[1], x, y),
        const((-1, LOW)),
        (k, A[0, k]),
    ),
    "argmin, the right of equals": (
        lambda x, y: choice(x[1] < y[1], x, y),
        const((-1, float("inf"))),
        (k, A[0, k]),
    ),
    "argmax of what often ties": (
        lambda x, y: choice(x[1] >= y[1], x, y),
        const((-1, -1)),
        (k, F[0, k].astype("int32")),
    ),
    "argmax of rectified": (
        lambda x, y: choice(x[1] >= y[1], x, y),
        const((-1, LOW)),
        (k, te.maximum(A[0, k], 0.0)),
    ),
    "mean and variance": (welford, const((0, 0, 0)), (A[0, k], zero, one)),
    "log of a sum of exponentials": (logsumexp, const((LOW, 0)), (A[0, k], one)),
    "plainly": (lambda x, y: te.log(te.exp(x) + te.exp(y)), const(LOW), A[0, k]),
    "compensated": (compensated, const((0, 0)), (A[0, k], zero)),
    "two greatest": (two_greatest, const((LOW, LOW)), (A[0, k], te.const(LOW))),
    "least and greatest": (
        lambda x, y: (te.minimum(x[0], y[0]), te.maximum(x[1], y[1])),
        const((float("inf"), LOW)),
        (A[0, k], A[0, k]),
    ),
    "complex product": (
        lambda x, y: (x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]),
        const((1, 0)),
        (A[0, k], A[1, k]),
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_correct_reductions_are_accepted(name: str) -> None:
    combine, identity, sources = RIGHT[name]
    te.comm_reducer(combine, identity, name="mine")(sources, axis=k)


WRONG: dict[str, tuple[Callable[[Any, Any], Any], Callable[..., Any], Any, str]] = {
    "difference": (lambda x, y: x - y, const(0), A[0, k], "commutative"),
    "the first": (lambda x, y: x, const(0), A[0, k], "commutative"),
    "the last": (lambda x, y: y, const(0), N[0, k], "commutative"),
    "weighted": (lambda x, y: x * 0.5 + y, const(0), A[0, k], "commutative"),
    "recurrence": (
        lambda x, y: (x[0] * y[0], x[1] * y[0] + y[1]),
        const((1, 0)),
        (A[0, k], A[1, k]),
        "commutative",
    ),
    "mean of two": (lambda x, y: (x + y) * 0.5, const(0), A[0, k], "associative"),
    "integers halved": (lambda x, y: (x + y) // 2, const(0), N[0, k], "associative"),
    "distance": (lambda x, y: te.abs(x - y), const(0), A[0, k], "associative"),
    "geometric mean": (lambda x, y: te.sqrt(te.abs(x * y)), const(1), A[0, k], "associative"),
    "neither": (lambda x, y: ~(x & y), const(-1), N[0, k], "associative"),
    "neither of bools": (lambda x, y: ~te.all(x, y), const(True), F[0, k], "associative"),
    "squares added again": (lambda x, y: x * x + y * y, const(0), A[0, k], "associative"),
    "mean without counts": (
        lambda x, y: ((x[0] + y[0]) * 0.5, x[1] + y[1]),
        const((0, 0)),
        (A[0, k], one),
        "associative",
    ),
    "sum from one": (lambda x, y: x + y, const(1), A[0, k], "identity"),
    "product from zero": (lambda x, y: x * y, const(0), N[0, k], "identity"),
    "max from the greatest": (te.maximum, const(3.4e38), A[0, k], "identity"),
    "and from zero": (lambda x, y: x & y, const(0), N[0, k], "identity"),
    "all from false": (te.all, const(False), F[0, k], "identity"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_reductions_are_refused_in_a_sentence(name: str) -> None:
    combine, identity, sources, law = WRONG[name]
    reducer = te.comm_reducer(combine, identity, name="mine")
    with pytest.raises(ExpressionError, match=f"^expected an? {law}.* (in|of) mine.*, got "):
        reducer(sources, axis=k)


def test_the_error_shows_values() -> None:
    reducer = te.comm_reducer(lambda x, y: x - y, lambda kind: te.const(0, kind), name="less")
    with pytest.raises(ExpressionError) as caught:
        reducer(N[0, k], axis=k)
    words = caught.value.message.replace(",", "").split()
    first, x, y = (int(words[words.index("got") + at]) for at in (1, 3, 5))
    assert first == x - y
    assert f"{y - x} of {y} and {x}" in caught.value.message


def test_a_reduction_inside_of_another_is_left_to_compute() -> None:
    mine = te.comm_reducer(lambda x, y: x + y, lambda kind: te.const(0, kind))
    r = te.reduce_axis((0, 8))
    with pytest.raises(ExpressionError, match="a reduction to be the whole value"):
        te.compute((1,), lambda i: mine(te.sum(A[r, k], axis=r), axis=k))


def test_a_combiner_that_depends_on_other_values_is_accepted() -> None:
    n = te.var("n")
    te.comm_reducer(lambda x, y: (x + y) % n, lambda kind: te.const(0, kind))(k, axis=k)


def test_a_combiner_that_depends_on_an_axis_is_tried_at_its_last_point() -> None:
    def wrong(i: Expr) -> Expr:
        return te.comm_reducer(lambda x, y: x + y * i, lambda kind: te.const(0, kind))(k, axis=k)

    with pytest.raises(ExpressionError, match="expected a commutative combination in reduce"):
        te.compute((8,), wrong)
