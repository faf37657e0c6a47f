"""A measurer without measurements, for tests of searches."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autosched.measure.measurer import Report
from autosched.measure.outcome import Outcome

Lookup = Callable[[str, str], Outcome]
"""Returns the outcome of a workload's candidate."""


class ReplayMeasurer:
    """A Measurer that runs nothing: `lookup` gives the outcome of every candidate."""

    def __init__(self, lookup: Lookup):
        self._lookup = lookup

    def first(self, workload: str, candidate: str) -> Outcome:
        """Return the outcome of a candidate's first measurement."""
        return self._lookup(workload, candidate)

    def measure(
        self,
        workload: str,
        candidates: Sequence[str],
        best_ns: float | None = None,
        report: Report | None = None,
    ) -> list[Outcome]:
        outcomes = []
        for position, candidate in enumerate(candidates):
            outcomes.append(self.first(workload, candidate))
            if report:
                report(position, outcomes[-1])
        return outcomes

    def compare(self, workload: str, candidates: Sequence[str], rounds: int = 10) -> list[Outcome]:
        return self.measure(workload, candidates)

    def close(self) -> None:
        """Do nothing: there is nothing to close."""
