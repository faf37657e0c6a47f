"""What is measured and its result, as the auto-scheduler names them, and who measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from autosched.measure.outcome import Outcome
from autosched.tvm.auto_scheduler.loop_state import State
from autosched.tvm.autotvm.measure import LocalBuilder, LocalRunner, MeasureErrorNo, RPCRunner
from autosched.tvm.autotvm.measure import result_of as autotvm_result

__all__ = [
    "LocalBuilder", "LocalRPCMeasureContext", "LocalRunner", "MeasureErrorNo", "MeasureInput",
    "MeasureResult", "PythonBasedMeasureCallback", "RPCRunner", "recover_measure_input",
    "result_of",
]  # fmt: skip


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


class PythonBasedMeasureCallback:
    """Base of a script's own callbacks, which define `callback`."""

    def callback(
        self, policy: Any, inputs: Sequence[MeasureInput], results: Sequence[MeasureResult]
    ) -> None:
        """Hear of the results of a search."""
        raise NotImplementedError


def recover_measure_input(inp: MeasureInput, rebuild_state: bool = False) -> MeasureInput:
    """Return the input of a record, whose task and state are whole from the start."""
    return inp


class LocalRPCMeasureContext:
    """Has a `runner` of this machine."""

    def __init__(self, *args: Any, **kwargs: Any):
        self.runner = LocalRunner()


def result_of(outcome: Outcome, timestamp: float) -> MeasureResult:
    """Return what a log has for the outcome of a trial."""
    found = autotvm_result(outcome, timestamp)
    costs = found.costs if outcome.ok else ()
    return MeasureResult(costs, found.error_no, outcome.reason, found.all_cost, timestamp)
