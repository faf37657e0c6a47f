"""What is measured and its result, as the auto-scheduler names them, and who measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from autosched.measure.outcome import Outcome
from autosched.tvm.autotvm.measure import LocalBuilder, LocalRunner, MeasureErrorNo
from autosched.tvm.autotvm.measure import result_of as autotvm_result

__all__ = [
    "LocalBuilder", "LocalRPCMeasureContext", "LocalRunner", "MeasureErrorNo", "MeasureInput",
    "MeasureResult", "State", "result_of",
]  # fmt: skip


@dataclass(frozen=True)
class State:
    """A schedule: our trace, as JSON."""

    trace: str

    def __str__(self) -> str:
        return self.trace


class MeasureInput(NamedTuple):
    """A schedule of a task."""

    task: Any
    state: State


class MeasureResult(NamedTuple):
    """The seconds of a call, one number for each repeat; or why there are none."""

    costs: tuple[float, ...]
    error_no: int
    error_msg: str
    all_cost: float
    timestamp: float


class LocalRPCMeasureContext:
    """Has a `runner` of this machine."""

    def __init__(self, *args: Any, **kwargs: Any):
        self.runner = LocalRunner()


def result_of(outcome: Outcome, timestamp: float) -> MeasureResult:
    """Return what a log has for the outcome of a trial."""
    found = autotvm_result(outcome, timestamp)
    costs = found.costs if outcome.ok else ()
    return MeasureResult(costs, found.error_no, outcome.reason, found.all_cost, timestamp)
