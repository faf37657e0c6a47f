"""A measurer that passes on what it has measured, for the callbacks of scripts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autosched.measure.measurer import Measurer, Report
from autosched.measure.outcome import Outcome


@dataclass(frozen=True)
class ReportingMeasurer:
    """Calls `heard` with the traces and outcomes of each batch; the caller closes `measurer`."""

    measurer: Measurer
    heard: Callable[[Sequence[str], Sequence[Outcome]], None]

    def measure(
        self,
        workload: str,
        candidates: Sequence[str],
        best_ns: float | None = None,
        report: Report | None = None,
    ) -> list[Outcome]:
        outcomes = self.measurer.measure(workload, candidates, best_ns, report)
        self.heard(candidates, outcomes)
        return outcomes

    def compare(self, workload: str, candidates: Sequence[str], rounds: int = 10) -> list[Outcome]:
        return self.measurer.compare(workload, candidates, rounds)

    def close(self) -> None:
        """Do nothing: the caller closes the measurer."""
