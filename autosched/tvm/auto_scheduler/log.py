"""Logs: a JSON object a line. TVM's are read too, as far as our primitives say their steps."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from functools import cache
from math import inf
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from autosched import __version__
from autosched.api import opened
from autosched.errors import AutoschedError, ScheduleError, WorkloadError
from autosched.files import append_lines, write_whole
from autosched.measure.measurer import Measurer
from autosched.schedule.trace import to_json
from autosched.tuning_logs import Store, TrialRecord, new_session
from autosched.tvm.auto_scheduler.loop_state import State
from autosched.tvm.auto_scheduler.measure import MeasureInput, MeasureResult
from autosched.tvm.auto_scheduler.steps import schedule_of
from autosched.tvm.auto_scheduler.task import KeyedTask

FileName = str | PathLike[str]

_VERSIONS = ("v0.3", "v0.4", "v0.5", "v0.6")
"""The versions of TVM's logs whose steps are known."""


@dataclass
class LogReading:
    """The records of a log that could be read; `refused` counts the others by reason."""

    records: list[tuple[MeasureInput, MeasureResult]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        lines = [f"{len(self.records)} records were read, {self.refused.total()} were not"]
        lines += [f"{count} times: {reason}" for reason, count in self.refused.most_common()]
        return "\n".join(lines)

    def best(
        self, workload_key: str | None = None
    ) -> tuple[MeasureInput | None, MeasureResult | None]:
        """Return the fastest record of a workload, or of all; a pair of None if there is none."""
        records = [
            (given, result)
            for given, result in self.records
            if result.error_no == 0 and workload_key in (None, given.task.workload_key)
        ]
        return min(records, key=lambda pair: _mean(pair[1]), default=(None, None))

    def measure_into(
        self, db: str | Path | Store | None = None, measurer: Measurer | None = None
    ) -> list[TrialRecord]:
        """Measure and verify the schedules here, store them in a database, and return the trials.

        Times that a log has are those of another machine. A schedule of which the database has a
        trial is left out. `measurer` takes the place of this machine's.
        """
        found: list[TrialRecord] = []
        with opened(db) as store:
            for task in {given.task.workload_key: given.task for given, _ in self.records}.values():
                traces = {
                    given.state.trace: None
                    for given, _ in self.records
                    if given.task.workload_key == task.workload_key
                }
                found += _measured(task, list(traces), store, measurer)
        return found


def load_log(filename: FileName) -> LogReading:
    """Read a log that TVM or this package wrote; lines that are cut or unknown are counted."""
    reading = LogReading()
    task_of = cache(KeyedTask)
    with open(fspath(filename), encoding="utf-8", errors="replace") as file:
        for line in file:
            if not line.strip() or line.startswith("#"):
                continue
            try:
                reading.records.append(_record(line, task_of))
            except AutoschedError as error:
                reading.refused[error.message] += 1
    return reading


def load_records(filename: FileName) -> Iterator[tuple[MeasureInput, MeasureResult]]:
    """Yield the records of a log that can be read; `load_log` also tells about the others."""
    yield from load_log(filename).records


class RecordReader:
    """Reads the records of a file."""

    def __init__(self, filename: FileName):
        self._filename = filename

    def read_lines(self, max_lines: int | None = None, skip_lines: int = 0) -> tuple[Any, Any]:
        """Return the inputs and the results of up to `max_lines` records."""
        end = None if max_lines is None else skip_lines + max_lines
        records = load_log(self._filename).records[skip_lines:end]
        return [given for given, _ in records], [result for _, result in records]

    def __iter__(self) -> Iterator[tuple[MeasureInput, MeasureResult]]:
        return load_records(self._filename)


def load_best_record(
    filename: FileName, workload_key: str | None = None, target: Any = None, *args: Any
) -> tuple[MeasureInput | None, MeasureResult | None]:
    """Return the fastest record of a workload, or of all; a pair of None if there is none.

    Records for another target than a CPU, or that cannot be said here, are passed over.
    """
    return load_log(filename).best(workload_key)


def save_records(
    filename: FileName, inputs: Sequence[MeasureInput], results: Sequence[MeasureResult]
) -> None:
    """Append records to a file."""
    append_lines(filename, map(dump_record_to_string, inputs, results))


def distill_record_file(in_file: FileName, out_file: FileName) -> None:
    """Write the fastest record of each workload in a log to another file."""
    reading = load_log(in_file)
    lines = []
    for key in dict.fromkeys(given.task.workload_key for given, _ in reading.records):
        given, result = reading.best(key)
        if given is not None and result is not None:
            lines.append(dump_record_to_string(given, result) + "\n")
    write_whole(out_file, "".join(lines))


class RecordToFile:
    """A callback that appends what was measured to a file, unless it has the schedule."""

    def __init__(self, filename: FileName = "auto_scheduler_tuning.json"):
        self.filename = filename

    def __call__(self, inputs: Sequence[MeasureInput], results: Sequence[MeasureResult]) -> None:
        path = Path(self.filename)
        known = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        pairs = zip(inputs, results, strict=True)
        new = [pair for pair in pairs if json.dumps({"i": _listed(pair[0])})[:-1] not in known]
        append_lines(path, (dump_record_to_string(*pair) for pair in new))


def load_record_from_string(record: str) -> tuple[MeasureInput, MeasureResult]:
    """Read one line of a log. Raises AutoschedError if it cannot be said here."""
    return _record(record, KeyedTask)


def dump_record_to_string(inp: MeasureInput, res: MeasureResult) -> str:
    """Return a record as a line of a log."""
    document = {
        "i": _listed(inp),
        "r": [list(res.costs), res.error_no, res.all_cost, res.timestamp],
        "v": f"autosched {__version__}",
    }
    return json.dumps(document)


def _listed(given: MeasureInput) -> list[Any]:
    task = given.task
    return [[task.workload_key, str(task.target)], json.loads(given.state.trace)]


def _record(line: str, task_of: Any) -> tuple[MeasureInput, MeasureResult]:
    """Read a line. Raises AutoschedError if it cannot be said here."""
    try:
        document = json.loads(line)
        (key, target, *_), state = document["i"]
        costs, error, total, timestamp = document["r"]
        version = document["v"]
        result = MeasureResult(tuple(map(float, costs)), int(error), "", float(total), timestamp)
        kind = target.split()[0]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise WorkloadError("expected a whole record, got a line that is cut or not one") from None
    if kind != "llvm":
        raise WorkloadError(f"expected a record for llvm, got one for {kind}")
    if result.error_no == 0 and not (result.costs and all(0 < cost < inf for cost in result.costs)):
        raise WorkloadError(f"expected positive times, got {costs}")
    if not isinstance(key, str):
        raise WorkloadError(f"expected the key of a workload, got {key}")
    task = task_of(key, target)
    if str(version).startswith("autosched"):
        trace = json.dumps(state, separators=(",", ":"))
        task.compute_dag.schedule_of(trace)
    elif version in _VERSIONS and _is_state(state):
        trace = to_json(schedule_of(task.compute_dag.tensors, state[1]).trace)
    else:
        raise ScheduleError(f"expected a log of {_VERSIONS[0]} to {_VERSIONS[-1]}, got {version}")
    return MeasureInput(task, State(task.compute_dag.tensors, trace)), result


def _is_state(state: Any) -> bool:
    return isinstance(state, list) and len(state) == 2 and isinstance(state[1], list)


def _measured(
    task: KeyedTask, traces: list[str], store: Store, measurer: Measurer | None
) -> Iterable[TrialRecord]:
    search = task.search_task
    target = search.target_record.text
    known = {trial.trace for trial in store.trials(search.key, target, search.threads)}
    new = [trace for trace in traces if trace not in known]
    session = new_session(strategy="log", seed=0, host_cpu=search.backend.host_cpu)
    store.add_workload(search.record)
    store.add_target(search.target_record)
    store.start_session(session)
    own = closing(search.backend.measurer(search.form, search.sizes))
    with nullcontext(measurer) if measurer is not None else own as measuring:
        outcomes = measuring.measure(search.text, new)
    for trace, outcome in zip(new, outcomes, strict=True):
        trial = TrialRecord(
            workload=search.key,
            target=target,
            session=session.id,
            trace=trace,
            outcome=outcome.kind,
            reason=outcome.reason,
            times_ns=outcome.times_ns if outcome.ok else (),
            threads=search.threads,
            build_ms=outcome.build_ms,
        )
        store.add_trial(trial)
        yield trial
    store.end_session(session.id)


def _mean(result: MeasureResult) -> float:
    return sum(result.costs) / len(result.costs)
