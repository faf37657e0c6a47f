"""Contractions with constant weights: the weights of the next tiles are fetched from memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autosched import te
from autosched.search.space.generate import space
from autosched.target.target import Target

CPU = replace(
    Target.host(),
    threads=1,
    vector_bits=512,
    l2_bytes=2 << 20,
    triple="x86_64-unknown-linux-gnu",
    features="+avx512f",
)


def defaults(m: int | te.Var, n: int, k: int, constant: bool = True) -> dict[str, int]:
    """The decisions of the first sketch of a product of `n` x `k` weights and `k` x `m` points."""
    W = te.placeholder((n, k), name="W", constant=constant)
    X = te.placeholder((k, m), name="X")
    r = te.reduce_axis((0, k), name="r")
    C = te.compute((n, m), lambda i, j: te.sum(W[i, r] * X[r, j], axis=r), name="C")
    sketch = space([te.compute((n, m), lambda i, j: C[i, j] * 2.0)], CPU).sketches[0]
    return {each.name: value for each, value in zip(sketch.decisions, sketch.default, strict=True)}


def test_all_tiles_use_a_panel_while_the_next_one_is_fetched() -> None:
    found = defaults(49, 512, 2048)
    assert found["W.ahead"] == 1
    assert found["j.block"] * found["j.tile"] >= 49


@pytest.mark.parametrize(("m", "n", "k"), [(16, 512, 2048), (3136, 64, 256)])
def test_blocks_stay_where_few_tiles_use_a_panel_or_the_points_are_many(
    m: int, n: int, k: int
) -> None:
    assert defaults(m, n, k)["W.ahead"] == 0


def test_weights_that_come_with_a_call_are_not_fetched() -> None:
    assert "W.ahead" not in defaults(49, 512, 2048, constant=False)


def test_the_number_of_points_may_be_open() -> None:
    assert defaults(te.var("m"), 512, 2048)["W.ahead"] == 0
