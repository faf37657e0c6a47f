"""Measuring by looking it up: recorded outcomes, for tests and for studies of searches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from autosched.errors import MeasureError
from autosched.measure.measurer import Report
from autosched.measure.outcome import Outcome

Lookup = Callable[[str, str], Outcome]
"""The outcome of a workload's candidate."""


def recorded(outcomes: Mapping[tuple[str, str], Outcome]) -> Lookup:
    """Looks up (workload, candidate) pairs; raises MeasureError for one that is not there."""

    def lookup(workload: str, candidate: str) -> Outcome:
        if (workload, candidate) not in outcomes:
            raise MeasureError(f"expected a candidate with a recorded outcome, got {candidate}")
        return outcomes[workload, candidate]

    return lookup


class ReplayMeasurer:
    """A Measurer that runs nothing: every candidate has the outcome `lookup` gives it."""

    def __init__(self, lookup: Lookup):
        self._lookup = lookup

    def measure(
        self,
        workload: str,
        candidates: Sequence[str],
        best_ns: float | None = None,
        report: Report | None = None,
    ) -> list[Outcome]:
        outcomes = []
        for position, candidate in enumerate(candidates):
            outcomes.append(self._lookup(workload, candidate))
            if report:
                report(position, outcomes[-1])
        return outcomes

    def compare(self, workload: str, candidates: Sequence[str], rounds: int = 10) -> list[Outcome]:
        return self.measure(workload, candidates)

    def close(self) -> None:
        """Nothing is held."""
