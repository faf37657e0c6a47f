"""The functions for users: tune a workload, build a kernel, lower a schedule, query a database."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from autosched.backends.base import Backend
from autosched.backends.parse import AnyTarget, as_backend
from autosched.config import Settings
from autosched.errors import ScheduleError, WorkloadError, a_kind
from autosched.ir.expr import Var
from autosched.ir.stmt import Function
from autosched.measure.measurer import Measurer
from autosched.ops.instance import GivenInputs, WorkloadInstance
from autosched.search.choice import choose
from autosched.search.kernels import build_best, opened_to_read
from autosched.search.task import Task
from autosched.te.bounds import OutOfRange
from autosched.te.tensor import Tensor
from autosched.tuning_logs import (
    MAX_INTEGER,
    QueryResult,
    Store,
    TaskSummary,
    TrialRecord,
    open_store,
)

if TYPE_CHECKING:
    from autosched.backends.kernel import TargetKernel
    from autosched.schedule.schedule import Schedule
    from autosched.search.events import Event, Listener
    from autosched.search.result import TuneResult

Workload = str | WorkloadInstance | Sequence[Tensor]
"""A registered name, `file.py:function` or `package.module:function`; or what it stands for."""

Math = Literal["strict", "fast"]
"""Whether float arithmetic is done as written, or may be changed as if it were exact."""

logger = logging.getLogger("autosched")


def tune(
    workload: Workload,
    *,
    trials: int = 200,
    db: str | Path | Store | None = None,
    target: AnyTarget = "cpu",
    threads: int = 0,
    math: Math | None = None,
    tolerance: float | None = None,
    seed: int = 0,
    strategy: str = "evolutionary",
    time_limit: float | None = None,
    on_event: Listener | None = None,
    progress: bool = False,
    sizes: Mapping[str, int] | None = None,
    inputs: GivenInputs = None,
    measurer: Measurer | None = None,
    **params: Any,
) -> TuneResult:
    """Search for the fastest schedule by measuring `trials` new candidates on this machine.

    `params` are those of a workload given by name. Every measurement goes to the database
    `db`, a file or an open store, by default the user's own; the search starts from what it
    knows. `threads` 0 means every core of the target; on an accelerator they are how many
    candidates are simulated at once. `time_limit` is in seconds. `sizes` are values for
    symbolic sizes, by name. `math` is as for `build`: times of the one are kept apart from
    those of the other. `tolerance` is the largest rounding error that another algorithm for an
    operation may have, such as Winograd's for a convolution, relative to a result plus the root
    mean square of all: by default 1e-4; with 0 all is computed as written. Times of one tolerance
    are kept apart from those of others. `measurer` takes the place of this machine's, and is not
    closed.
    `inputs` are those to measure on, on a CPU, as for `autosched.workload`: by name an array or a
    range (low, high), such as that of indices; the others are drawn.
    Ctrl-C ends the search early, not with an error. Candidates that failed by our fault, as
    the result's `faults` tell, are logged as errors too where no `on_event` listens.

    Where the run stands goes to `on_event` as events, to the logger `autosched` as lines of
    the level INFO, and with `progress` to standard error as the same lines.

    Raises WorkloadError, TargetError or DatabaseError where what was asked for is wrong.
    """
    from autosched.ops.resolve import as_instance

    _check_number("number of trials", trials)
    _check_number("seed", seed, MAX_INTEGER)
    if time_limit is not None and not (isinstance(time_limit, Real) and time_limit >= 0):
        raise WorkloadError(f"expected a time limit in seconds, got {time_limit!r}")
    instance = as_instance(workload, params)
    if inputs is not None:
        instance = replace(instance, given_inputs=inputs)
    task = as_task(instance, target, threads, None, sizes, math, tolerance)
    if task.workload.sizes and not sizes:
        names = ", ".join(size.name for size in task.workload.sizes)
        raise WorkloadError(
            f"expected values of the sizes of {task.workload.name} ({names}), got none",
            hint=f"for example sizes={{{task.workload.sizes[0].name!r}: 512}}",
        )
    with _measuring(measurer, task) as measuring:
        # Late: building does without a search, and workers start meanwhile.
        from autosched.search.learning import learner
        from autosched.search.strategies import SCORED, make_strategy
        from autosched.search.tuner import Tuner

        chosen = make_strategy(strategy)
        with opened(db) as store:
            tuner = Tuner(
                task,
                measuring,
                store,
                chosen,
                name=strategy,
                learn=learner(task.backend, seed).learn if strategy in SCORED else None,
                seed=seed,
                on_event=_listening(task, trials, time_limit, on_event, progress),
            )
            result = tuner.run(trials, time_limit)
    if on_event is None:
        for fault in result.faults:
            logger.error(
                "%s: %d times %s: %s", task.workload, fault.count, fault.kind, fault.reason
            )
    return result


def build(
    what: Workload | Schedule,
    args: Sequence[Tensor | Var] | None = None,
    *,
    db: str | Path | Store | None = None,
    target: AnyTarget = "cpu",
    threads: int = 0,
    math: Math | None = None,
    tolerance: float | None = None,
    name: str | None = None,
    sizes: Mapping[str, int] | None = None,
    bounds: OutOfRange = "check",
    **params: Any,
) -> TargetKernel:
    """Build a kernel of a workload with the best schedule known, or of a given schedule.

    The kernel's `schedule` says whether that was `tuned`, is the `nearest` one known, is the
    `default` one, or was `given`; a line in the log of `autosched` says more. `args` are the
    arguments of the kernel in order, needed with a schedule. `threads` 0 means every core of
    the target. `sizes` are the values of symbolic sizes to look for in the database; the
    kernel takes any. A default database that does not exist knows nothing; one that is named
    must exist.

    Float arithmetic is done as written: only the order of a reduction is free, and a product
    that is added or subtracted may be rounded with the sum. `math="fast"` lets LLVM change
    it as if it were exact; a schedule that was tuned so serves here too, and the other way.
    By default the target says which. Within `tolerance`, which is as for `tune`, another algorithm
    may compute an operation.

    `bounds` says what a call does where a tensor is read at an index from data, as in
    `A[idx[i]]`, and the index is negative or not below the extent: raise an ArgumentError
    that names the tensor, the index and the extent ("check"), read the nearest element
    ("clamp"), or read whatever memory lies there ("trust"). Nothing is done, and nothing
    costs, where the dtype of the index, the stage that computes it or a condition around
    the read shows that it is inside.

    For an accelerator the kernel runs on the simulator. That of a workload takes and gives
    the workload's own arrays, packed and unpacked on the way; a schedule is one of packed
    tensors, and so are its arrays.
    """
    from autosched.schedule.schedule import Schedule  # late: code on disk needs no schedule

    if isinstance(what, Schedule):
        if args is None or params:
            raise ScheduleError(
                "expected a schedule with the tensors the kernel takes, got no list of them"
                if args is None
                else f"expected parameters only with a workload's name, got {', '.join(params)}",
                hint="write build(s, [A, B, C])",
            )
        backend = backend_of(target, threads, math, tolerance)
        return backend.build(what, args, name or "main", bounds)
    task = as_task(what, target, threads, params, sizes, math, tolerance)
    with opened_to_read(db) as store:
        choice, kernel = build_best(task, store, args, name=name or "main", bounds=bounds)
    logger.info("%s: %s schedule (%s)", task.workload, choice.origin, choice.reason)
    return kernel


def lower(
    schedule: Schedule,
    args: Sequence[Tensor | Var],
    *,
    after: str | None = "simplify",
    target: AnyTarget = "cpu",
    name: str = "main",
    bounds: OutOfRange = "check",
) -> Function:
    """Return the loop nest of `schedule` after the pass named `after`, or before any with None.

    Printing it shows it. `bounds` are those of `build`; with "check", where something is to
    be checked, the last parameter is for what is found. For an accelerator there are no
    passes. Raises LoweringError for a pass that is not there.
    """
    from autosched.schedule.schedule import Schedule  # late: code on disk needs no schedule

    if not isinstance(schedule, Schedule):
        raise ScheduleError(
            f"expected a schedule to lower, got {a_kind(schedule)}",
            hint="te.create_schedule makes one of the outputs",
        )
    return backend_of(target).lower(schedule, args, after, name, bounds)


def as_task(
    workload: Workload,
    target: AnyTarget,
    threads: int,
    params: Mapping[str, Any] | None = None,
    sizes: Mapping[str, int] | None = None,
    math: Math | None = None,
    tolerance: float | None = None,
) -> Task:
    """Return the task by which a search and a database know the workload."""
    backend = backend_of(target, threads, math, tolerance)
    from autosched.ops.resolve import as_instance  # late: networks name no workloads

    instance = as_instance(workload, params)
    return Task.of(instance, backend, _checked_sizes(instance, sizes or {}))


class Database:
    """A tuning database to query: what was tuned, how fast, and with which schedule.

    `path` is a file that exists, by default the user's own. Nothing is written to it.
    """

    def __init__(self, path: str | Path | None = None):
        self.path = Path(path) if path is not None else Settings.from_environment().database
        self.store = open_store(self.path, read_only=True)

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.store.close()

    def list(self) -> list[TaskSummary]:
        """Every workload, target and thread count that was tuned, and how far."""
        return self.store.tasks()

    def best(
        self,
        workload: Workload,
        *,
        target: AnyTarget = "cpu",
        threads: int = 0,
        sizes: Mapping[str, int] | None = None,
        **params: Any,
    ) -> TrialRecord | None:
        """Return the fastest trial of a workload at these values of its symbolic sizes, or None."""
        task = as_task(workload, target, threads, params, sizes)
        return self.store.best(task.key, task.target_record.text, task.threads)

    def apply(
        self,
        workload: Workload,
        *,
        target: AnyTarget = "cpu",
        threads: int = 0,
        sizes: Mapping[str, int] | None = None,
        **params: Any,
    ) -> Schedule:
        """Return the schedule that `build` would use, of the target's form of the workload."""
        return choose(as_task(workload, target, threads, params, sizes), self.store).schedule

    def query(self, sql: str, parameters: Sequence[object] = ()) -> QueryResult:
        """Return the rows of a SELECT such as `SELECT workload, params, time_ns FROM best`."""
        return self.store.query(sql, parameters)


def _listening(
    task: Task, trials: int, time_limit: float | None, given: Listener | None, shown: bool
) -> Listener:
    """Return the listener of a run: the log, standard error if shown, and the caller's."""
    from autosched.backends.reporter import Speed  # late, as in `tune`
    from autosched.search.progress import LineProgress, Standing

    flops = task.workload.flops
    speed = Speed(flops if isinstance(flops, int) else None)

    def say(line: str) -> None:
        logger.info("%s: %s", task.workload, line)
        if shown:
            print(line, file=sys.stderr, flush=True)

    lines = LineProgress(Standing(speed, trials, time_limit), say)

    def listen(event: Event) -> None:
        lines(event)
        if given is not None:
            given(event)

    return listen


def _measuring(given: Measurer | None, task: Task) -> Any:
    """Return the measurer as a context; it closes only a measurer that it created."""
    if given is not None:
        return nullcontext(given)
    return closing(task.backend.measurer(task.form, task.sizes))


def backend_of(
    target: AnyTarget,
    threads: int = 0,
    math: Math | None = None,
    tolerance: float | None = None,
) -> Backend:
    """Return the backend of a target with its options. Raises TargetError or WorkloadError."""
    backend = as_backend(target)
    _check_number("number of threads, or 0 for every core", threads)
    return backend.configured(threads, math, tolerance)


def _checked_sizes(workload: WorkloadInstance, sizes: Mapping[str, int]) -> dict[str, int]:
    known = {size.name for size in workload.sizes}
    if sizes and sizes.keys() != known:
        raise WorkloadError(
            f"expected values of the sizes of {workload.name} "
            f"({', '.join(sorted(known)) or 'none'}), got {', '.join(map(str, sizes))}"
        )
    for name, value in sizes.items():
        if not isinstance(value, Integral) or int(value) < 1:
            raise WorkloadError(f"expected a positive number for the size {name}, got {value!r}")
    return {name: int(value) for name, value in sizes.items()}


def _check_number(what: str, value: object, most: int | None = None) -> None:
    if not isinstance(value, Integral) or int(value) < 0:
        raise WorkloadError(f"expected a {what}, of 0 or more, got {value!r}")
    if most is not None and int(value) > most:
        raise WorkloadError(f"expected a {what}, of {most} at most, got {value!r}")


def opened(db: str | Path | Store | None) -> Any:
    """Return the store to write to as a context, which closes only what it opened."""
    if isinstance(db, Store):
        return nullcontext(db)
    return open_store(db if db is not None else Settings.from_environment().database)
