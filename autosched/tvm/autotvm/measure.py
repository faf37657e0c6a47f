"""What is measured and its result, as AutoTVM names them, and who measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from autosched.errors import not_offered
from autosched.measure.outcome import Outcome
from autosched.tvm.absent import refusing


class MeasureErrorNo:
    """Why a measurement has no time."""

    NO_ERROR = 0
    INSTANTIATION_ERROR = 1
    COMPILE_HOST = 2
    COMPILE_DEVICE = 3
    RUNTIME_DEVICE = 4
    WRONG_ANSWER = 5
    BUILD_TIMEOUT = 6
    RUN_TIMEOUT = 7
    UNKNOWN_ERROR = 8


_ERRORS = {
    "ok": MeasureErrorNo.NO_ERROR,
    "build_error": MeasureErrorNo.COMPILE_HOST,
    "wrong_result": MeasureErrorNo.WRONG_ANSWER,
    "timeout": MeasureErrorNo.RUN_TIMEOUT,
    "crashed": MeasureErrorNo.RUNTIME_DEVICE,
    "out_of_memory": MeasureErrorNo.RUNTIME_DEVICE,
}

FAILED_SECONDS = 1e9
"""The time that a log has for a measurement without one."""


class MeasureInput(NamedTuple):
    """A configuration of a task to measure."""

    target: Any
    task: Any
    config: Any


class MeasureResult(NamedTuple):
    """The seconds of a call, one number for each repeat; or why there are none."""

    costs: tuple[Any, ...]
    error_no: int
    all_cost: float
    timestamp: float


def result_of(outcome: Outcome, timestamp: float) -> MeasureResult:
    """Return what a log has for the outcome of a trial."""
    seconds = tuple(time / 1e9 for time in outcome.times_ns)
    error = _ERRORS.get(outcome.kind, MeasureErrorNo.UNKNOWN_ERROR)
    costs = seconds if outcome.ok else (outcome.reason,)
    return MeasureResult(costs, error, outcome.build_ms / 1e3 + sum(seconds), timestamp)


def outcome_of(result: MeasureResult) -> Outcome:
    """Return the outcome that a script's own runner reports."""
    if result.error_no != MeasureErrorNo.NO_ERROR:
        return Outcome("build_error", f"error {result.error_no} of the runner: {result.costs}")
    return Outcome("ok", "", tuple(float(cost) * 1e9 for cost in result.costs))


@dataclass
class Runner:
    """Runs candidates. A subclass of a script's own replaces `run`."""

    timeout: float = 10
    n_parallel: int | None = None

    def set_task(self, task: Any) -> None:
        """Prepare for a task."""

    def run(self, measure_inputs: Any, build_results: Any) -> list[MeasureResult]:
        """Return a result for each input."""
        raise NotImplementedError


class LocalBuilder:
    """Builds in the isolated workers of this machine; its options have no effect."""

    def __init__(self, *args: Any, **kwargs: Any):
        self.options = kwargs


class LocalRunner(Runner):
    """Runs in the isolated workers of this machine, verified; its options have no effect.

    Repeats are chosen so that times are accurate.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__()
        self.options = kwargs


def RPCRunner(*args: Any, **kwargs: Any) -> Any:
    raise not_offered("autotvm.RPCRunner", "LocalRunner measures on this machine")


def measure_option(builder: Any, runner: Any) -> dict[str, Any]:
    """Return who builds and who runs; `local` stands for LocalBuilder and LocalRunner."""
    local = {"local": LocalBuilder, "Local": LocalBuilder}
    made = local[builder]() if isinstance(builder, str) else builder
    return {"builder": made, "runner": LocalRunner() if isinstance(runner, str) else runner}


__getattr__ = refusing(__name__)
