"""Small work runs on one thread, large work on several; in between both are tried."""

from dataclasses import replace
from typing import Any

import pytest

from autosched import te
from autosched.schedule.trace import replay
from autosched.search.space.generate import space
from tests.search.space.nests import WIDE, rows


def add(m: Any, n: int = 64) -> te.Tensor:
    A = rows(m, n)
    return te.compute((m, n), lambda i, j: A[i, j] + 1.0, name="B")


def parallel(output: te.Tensor, threads: int = 4) -> list[bool]:
    """Return for each sketch of the rules, the best guess first, whether it has parallel loops."""
    *found, _ = space([output], replace(WIDE, threads=threads)).sketches
    assert len({sketch.key for sketch in found}) == len({sketch.name for sketch in found})
    return ["parallel" in str(replay([output], sketch.bind(sketch.default))) for sketch in found]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (add(8), [False, True]),
        (add(1024), [True, False]),
        (add(1 << 16), [True]),
        (add(te.var("m")), [True, False]),
    ],
    ids=["small", "between", "large", "symbolic"],
)
def test_the_better_guess_comes_first(output: te.Tensor, expected: list[bool]) -> None:
    assert parallel(output) == expected


@pytest.mark.parametrize(
    ("ns", "expected"),
    [(1, [True]), (64, [True, False]), (1 << 14, [False, True])],
    ids=["cheap", "as usual", "dear"],
)
def test_it_depends_on_what_a_parallel_loop_costs(
    ns: int, expected: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autosched.search.space.serial.parallel_overhead_ns", lambda target: ns)
    assert parallel(add(1024)) == expected


def test_one_thread_needs_no_choice() -> None:
    assert parallel(add(8), threads=1) == [True]
