"""The interface of measurers, which measure the candidates of a workload."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from autosched.measure.outcome import Outcome

Report = Callable[[int, Outcome], None]
"""Called with a candidate's position and its outcome as soon as it is known."""

ROUNDS = 10
"""How often a comparison times each candidate, unless it is told."""


class Measurer(Protocol):
    """Measures candidates for a search.

    A workload is the JSON of its tensors, a candidate the JSON of its trace.
    """

    def measure(
        self,
        workload: str,
        candidates: Sequence[str],
        best_ns: float | None = None,
        report: Report | None = None,
    ) -> list[Outcome]:
        """Measure every candidate and return the outcomes in order.

        Candidates clearly slower than `best_ns`, or than the best candidate so far, may be
        timed roughly. Nothing is timed while `report` runs; an exception that it raises ends
        the measurement. A candidate that fails has an outcome and raises nothing.
        """
        ...

    def compare(
        self, workload: str, candidates: Sequence[str], rounds: int = ROUNDS
    ) -> list[Outcome]:
        """Measure a few finalists in turn, and return their outcomes.

        If processes have times of their own, each of several takes `rounds` turns.
        """
        ...

    def close(self) -> None:
        """End the processes and remove the files; the measurer cannot be used afterwards."""
        ...


class Collect(Protocol):
    """Waits for the outcomes of the candidates that `begin` started; see `Measurer.measure`."""

    def __call__(
        self, report: Report | None = None, best_ns: float | None = None
    ) -> list[Outcome]: ...


@runtime_checkable
class BackgroundMeasurer(Measurer, Protocol):
    """A Measurer that builds candidates, or measures them, while the caller does other work."""

    def prepare(self, workload: str) -> None:
        """Start the preparations that every candidate of the workload needs."""
        ...

    def begin(self, workload: str, candidates: Sequence[str], early: int | None = None) -> Collect:
        """Start to measure the candidates, after all that were begun before.

        The caller does other work when it has the outcomes of the first `early`: the others are
        built meanwhile.
        """
        ...
