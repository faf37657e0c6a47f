"""Measures candidates by the accelerator's cycle model, on every core at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial

from autosched.backends.vta.target import VtaTarget
from autosched.measure.cases import WorkerMeasurer
from autosched.measure.measurer import ROUNDS, Collect, Report
from autosched.measure.options import MeasureOptions
from autosched.measure.outcome import Outcome
from autosched.measure.workers import Reply

_OPTIONS = MeasureOptions(
    tasks="autosched.backends.vta.measure.tasks:SimulatorTasks",
    builder="autosched.backends.vta.measure.tasks:VtaBuilder",
)


class SimulatingMeasurer(WorkerMeasurer):
    """A Measurer for an accelerator.

    Outputs are compared with the reference bit by bit. A time is the number of cycles at the
    clock of the target's preset, so it does not depend on the load of this machine. Outcomes
    are reported in the order of the candidates, for any number of `workers` (0: one for each
    core).
    """

    def __init__(self, target: str, workers: int = 0, options: MeasureOptions = _OPTIONS):
        self._target = str(VtaTarget.parse(target))  # a file that it names is read once
        super().__init__(replace(options, workers=workers) if workers else options)
        self._begun = 0

    def prepare(self, workload: str) -> None:
        self._cases.begin(workload)

    def measure(
        self,
        workload: str,
        candidates: Sequence[str],
        best_ns: float | None = None,
        report: Report | None = None,
    ) -> list[Outcome]:
        return self.begin(workload, candidates)(report)

    def begin(self, workload: str, candidates: Sequence[str], early: int | None = None) -> Collect:
        return self._begin(workload, candidates)

    def _begin(self, workload: str, candidates: Sequence[str], strict: bool = False) -> Collect:
        folder = self._cases.folder(workload)
        self._begun += 1
        submits = [partial(self._submit, workload, candidate, strict) for candidate in candidates]
        futures = [submit(folder) for submit in submits]

        def collect(report: Report | None = None, best_ns: float | None = None) -> list[Outcome]:
            outcomes = []
            try:
                for position, (submit, future) in enumerate(zip(submits, futures, strict=True)):
                    outcomes.append(_outcome(self._cases.ask(workload, submit, future)))
                    if report:
                        report(position, outcomes[-1])
            finally:
                for future in futures:  # after an error nobody waits for the others
                    future.cancel()
            self._begun -= 1
            if not self._begun:
                self._pool.retire_worn()
            return outcomes

        return collect

    def _submit(self, workload: str, trace: str, strict: bool, folder: str) -> Future[Reply]:
        request = {
            "task": "simulate",
            "workload": workload,
            "trace": trace,
            "target": self._target,
            "folder": folder,
            "strict": strict,
        }
        return self._pool.submit(request, self._options.run_timeout_s)

    def compare(
        self, workload: str, candidates: Sequence[str], rounds: int = ROUNDS
    ) -> list[Outcome]:
        """Measure finalists strictly: programs that are not portable get a `wrong_result`."""
        return self._begin(workload, candidates, strict=True)()


def _outcome(reply: Reply) -> Outcome:
    if reply.failure:
        return Outcome(reply.failure.kind, reply.failure.reason)
    return Outcome.from_plain(reply.value)
