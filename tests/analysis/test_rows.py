"""Indices that count through several dimensions of a dense array."""

from __future__ import annotations

import itertools

import pytest

from autosched.analysis.bounds import Bounds
from autosched.analysis.rows import joined
from autosched.analysis.simplify import simplify
from autosched.ir.build import as_expr, const, load
from autosched.ir.expr import Expr
from autosched.ir.rewrite import map_expr
from tests.ir.nests import buffer, var

i, j, n = var("i"), var("j"), var("n")
LARGE = load(buffer("A", 8, kind="int64"), (i,))
"""Any integer of 64 bits."""
TILE = i * 10 + j


@pytest.mark.parametrize(
    ("indices", "shape", "text"),
    [
        ((i // 7, i % 7), (5, 7), "0, i"),
        ((j, i // 7, i % 7), (4, 5, 7), "j, 0, i"),
        ((i // 7, i % 7, j), (5, 7, 4), "0, i, j"),
        ((i // 35, i // 7 % 5, i % 7), (3, 5, 7), "0, 0, i"),
        ((i // 7 // 5, i // 7 % 5, i % 7), (3, 5, 7), "0, 0, i"),
        ((i // 7 % 5, i % 7), (5, 7), "0, i%35"),
        ((LARGE // 7 % 5, LARGE % 7), (5, 7), "0, A[i]%35"),
        ((LARGE * 3 // 7, LARGE * 3 % 7), (5, 7), "0, A[i]*3"),
        ((j + i // 7, i % 7), (5, 7), "0, j*7 + i"),
        ((TILE // 7, (i * 3 + j) % 7), (5, 7), "0, i*10 + j"),
    ],
    ids=str,
)
def test_they_become_one(indices: tuple[Expr, ...], shape: tuple[int, ...], text: str) -> None:
    found = joined(indices, [const(extent) for extent in shape])
    assert ", ".join(str(simplify(index, Bounds())) for index in found) == text


@pytest.mark.parametrize(
    ("indices", "shape"),
    [
        ((i // 7, i % 7), (5, 8)),  # rows of another length
        ((i // 7, j % 7), (5, 7)),
        ((i // 7 * 2, i % 7), (5, 7)),
        ((TILE // 7, (i * 4 + j) % 7), (5, 7)),
        ((i % 7, i // 7), (7, 7)),
        ((i // 7, i % 7), (5, n)),
        ((i, j), (5, 7)),
        (((LARGE + 7) // 7, LARGE % 7), (5, 7)),  # the sum may wrap
        (((LARGE + i // 7) // 5, (LARGE * 7 + i) % 7), (5, 7)),
        (((LARGE + i // 7) % 5, i % 7), (5, 7)),
    ],
    ids=str,
)
def test_others_stay(indices: tuple[Expr, ...], shape: tuple[int | Expr, ...]) -> None:
    assert joined(indices, [as_expr(extent) for extent in shape]) == indices


def test_the_element_is_the_same() -> None:
    """At all points of a tile, of which some are before and after the array."""
    shape = [3, 5, 7]
    indices = ((TILE // 7) // 5, TILE // 7 % 5, (i * 3 + j) % 7)
    found = joined(indices, [const(extent) for extent in shape])
    assert str(found[0]) == str(found[1]) == "0"
    for at in itertools.product(range(-2, 12), range(10)):
        points = dict(zip((i, j), map(const, at), strict=True))
        assert _offset(indices, shape, points) == _offset(found, shape, points)


def _offset(indices: tuple[Expr, ...], shape: list[int], points: dict[Expr, Expr]) -> int:
    offset = const(0)
    for index, extent in zip(indices, shape, strict=True):
        offset = offset * extent + map_expr(index, memo=dict(points))
    value = simplify(offset, Bounds())
    return int(value.value)  # type: ignore[attr-defined]
