"""Measurers: candidates of a workload in, outcomes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from autosched.measure.outcome import Outcome

Report = Callable[[int, Outcome], None]
"""Called with a candidate's position and its outcome, as soon as that is known."""


class Measurer(Protocol):
    """What a search asks for times.

    Workloads are the JSON of their tensors and candidates the JSON of their traces.
    """

    def measure(
        self,
        workload: str,
        candidates: Sequence[str],
        best_ns: float | None = None,
        report: Report | None = None,
    ) -> list[Outcome]:
        """The outcome of every candidate, in order.

        Those clearly slower than `best_ns`, or than the best of these candidates so far, may
        be timed roughly. Nothing is timed while `report` runs; an exception it raises ends
        the measuring. Raises what is nobody's fault but ours, and nothing that a candidate
        does.
        """
        ...

    def compare(self, workload: str, candidates: Sequence[str], rounds: int = 10) -> list[Outcome]:
        """The outcomes of a few candidates, run in turn in one process: the finalists."""
        ...

    def close(self) -> None:
        """Let go of processes and files; the measurer cannot be used afterwards."""
        ...


Collect = Callable[[Report | None], list[Outcome]]
"""Waits for the outcomes of what was begun; see `Measurer.measure`."""


@runtime_checkable
class BackgroundMeasurer(Measurer, Protocol):
    """A Measurer whose work the caller's own does not disturb."""

    def prepare(self, workload: str) -> None:
        """Do meanwhile what candidates of the workload will wait for."""
        ...

    def begin(self, workload: str, candidates: Sequence[str]) -> Collect:
        """Start on the candidates; what is begun later is worked on after them."""
        ...
