"""Layouts from functions of indices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autosched.errors import ScheduleError
from autosched.schedule.index_map import layout_of
from autosched.schedule.layout import Layout


@pytest.mark.parametrize(
    ("mapping", "layout"),
    [
        (lambda n, c, h: [c, n, h], (1, 0, 2)),
        (lambda n, c, h: [n, c // 4, h, c % 4], (0, (1, 4), 2, 1)),
        (lambda n, c, h: [n // 8, c, n % 8 // 2, h, n % 2], ((0, 8), 1, (0, 2), 2, 0)),
        (lambda n, c, h: [n // 2 // 4, c, n // 2 % 4, ..., h, n % 2], ((0, 8), 1, (0, 2), 2, 0)),
        (lambda *others, h: [h, *others], (2, 0, 1)),
    ],
)
def test_parts_of_indices(mapping: Callable[..., Any], layout: Layout) -> None:
    assert layout_of(mapping, 3) == layout


@pytest.mark.parametrize(
    "mapping", [lambda i: [i], lambda i, *, j, k: [i, j, k], lambda i, j: i, int]
)
def test_functions_of_other_indices_are_refused(mapping: Callable[..., Any]) -> None:
    with pytest.raises(ScheduleError, match="expected a function of 2 indices that returns a list"):
        layout_of(mapping, 2)


@pytest.mark.parametrize(
    "mapping",
    [
        lambda i, j: [i * 6 + j],
        lambda i, j: [i % 4, i // 4, j],
        lambda i, j: [i // j, j],
        lambda i, j: [i // 4, i % 8, j],
    ],
)
def test_other_functions_are_refused(mapping: Callable[..., Any]) -> None:
    with pytest.raises(ScheduleError, match="expected an index, its quotient or its remainder"):
        layout_of(mapping, 2)
