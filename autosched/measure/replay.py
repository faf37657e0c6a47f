"""A measurer that returns recorded outcomes, for tests and studies of search strategies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from autosched.errors import MeasureError
from autosched.measure.measurer import Report
from autosched.measure.outcome import Outcome

Lookup = Callable[[str, str], Outcome]
"""Returns the outcome of a workload's candidate."""


def recorded(outcomes: Mapping[tuple[str, str], Outcome]) -> Lookup:
    """Look up (workload, candidate) pairs; raise MeasureError for one that is missing."""

    def lookup(workload: str, candidate: str) -> Outcome:
        if (workload, candidate) not in outcomes:
            raise MeasureError(f"expected a candidate with a recorded outcome, got {candidate}")
        return outcomes[workload, candidate]

    return lookup


class ReplayMeasurer:
    """A Measurer that runs nothing: `lookup` gives the outcome of every candidate."""

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
        """Do nothing: there is nothing to close."""
