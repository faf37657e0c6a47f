"""Counts the failures of a run that are bugs of autosched."""

from __future__ import annotations

from typing import get_args

from autosched.measure.outcome import Outcome
from autosched.search.result import Fault, FaultKind


class Faults:
    """Collects outcomes that are bugs of autosched; see `Fault`."""

    def __init__(self) -> None:
        self._reasons: dict[str, list[str]] = {}

    def note(self, outcome: Outcome) -> None:
        if outcome.is_our_fault:
            self._reasons.setdefault(outcome.kind, []).append(outcome.reason)

    def known(self) -> tuple[Fault, ...]:
        """A fault for each kind that was noted, internal errors first."""
        return tuple(
            Fault(kind, len(self._reasons[kind]), self._reasons[kind][0])
            for kind in get_args(FaultKind)
            if kind in self._reasons
        )
