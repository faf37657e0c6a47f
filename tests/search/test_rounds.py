"""Rounds follow one another until there is none or time is over."""

from __future__ import annotations

import pytest

from autosched.measure.outcome import Outcome
from autosched.search.rounds import Deadline, Round, measure_rounds

OK = Outcome("ok", "", (1.0,))


class Rounds:
    """Gives rounds of the sizes named, and notes what is done with them."""

    def __init__(self, sizes: list[int], overlaps: bool):
        self.sizes = sizes
        self.overlaps = overlaps
        self.notes: list[str] = []

    def begin(self) -> Round | None:
        if not self.sizes:
            return None
        size = self.sizes.pop(0)
        self.notes.append(f"begun {size}")

        def collect(report):  # type: ignore[no-untyped-def]
            for position in range(size):
                report(position, OK)
            return [OK] * size

        early = (size + 1) // 2 if self.overlaps else None
        return Round(size, collect, lambda place, _: self.notes.append(f"{place}"), early)


def test_a_round_follows_another() -> None:
    rounds = Rounds([2, 1], overlaps=False)
    assert not measure_rounds(rounds.begin, Deadline())
    assert rounds.notes == ["begun 2", "0", "1", "begun 1", "0"]


def test_a_round_overlaps_with_the_end_of_another() -> None:
    rounds = Rounds([4, 1], overlaps=True)
    assert not measure_rounds(rounds.begin, Deadline())
    assert rounds.notes == ["begun 4", "0", "1", "begun 1", "2", "3", "0"]


def test_a_round_without_outcomes_is_followed_by_another() -> None:
    rounds = Rounds([1], overlaps=True)
    failed = Round(4, lambda report: [], lambda place, outcome: None, early=2)
    begun = iter([failed])
    assert not measure_rounds(lambda: next(begun, None) or rounds.begin(), Deadline())
    assert rounds.notes == ["begun 1", "0"]


@pytest.mark.parametrize("overlaps", [True, False])
def test_time_ends_a_round(overlaps: bool) -> None:
    rounds = Rounds([4, 4], overlaps)
    assert measure_rounds(rounds.begin, Deadline(0))
    assert rounds.notes == ["begun 4", "0"]
