"""Divisions of indices that the extents of axes decide are left out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autosched import te
from autosched.search.space.structure import contraction
from autosched.te.evaluate import evaluate

X = te.placeholder((11, 8), name="X")
INDEX = te.placeholder((8,), "int32", name="I")


def body(value: Callable[..., object]) -> str:
    return str(te.compute((8, 4), value, name="C").op.bodies[0])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (lambda i, j: X[i // 8, j], "X[0, j]"),
        (lambda i, j: X[i % 8, j % 9], "X[i, j]"),
        (lambda i, j: X[(i + j) % 11, (i * 4 + j) // 32], "X[i + j, 0]"),
        (lambda i, j: X[(i + j) % 10 % 8, j], "X[(i + j)%10%8, j]"),
        (lambda i, j: X[i // 7, (j - 1) % 8], "X[i//7, (j - 1)%8]"),
        (lambda i, j: X[INDEX[i] % 8, j], "X[int64(I[i] % 8), j]"),
    ],
)
def test_what_is_less_than_the_divisor_is_not_divided(
    value: Callable[..., object], expected: str
) -> None:
    assert body(value) == expected


def test_symbolic_extents_are_not_known_to_be_less() -> None:
    n = te.var("n")
    made = te.compute((n,), lambda i: X[i // 8, i % 8], name="C")
    assert str(made.op.bodies[0]) == "X[i//8, i%8]"


@pytest.mark.parametrize("groups", [1, 2])
def test_a_single_group_is_a_plain_contraction(groups: int) -> None:
    A, W = te.placeholder((6, 9), name="A"), te.placeholder((8, 6 // groups), name="W")
    c = te.reduce_axis((0, 6 // groups), name="c")
    C = te.compute(
        (8, 9),
        lambda o, x: te.sum(A[o // (8 // groups) * (6 // groups) + c, x] * W[o, c], axis=c),
        name="C",
    )
    stage = te.create_schedule(C.op)[C]
    assert (contraction(stage) is not None) == (groups == 1)
    rng = np.random.default_rng(0)
    a, w = rng.standard_normal((6, 9)), rng.standard_normal((8, 6 // groups))
    a, w = a.astype("float32"), w.astype("float32")
    parts = zip(np.split(w, groups), np.split(a, groups), strict=True)
    wanted = np.concatenate([part @ rows for part, rows in parts])
    (found,) = evaluate([C], {A: a, W: w})
    np.testing.assert_allclose(found, wanted, 1e-5)
