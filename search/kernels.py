"""Builds the kernel of the schedule that was chosen for a task."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

from autosched.backends.base import Args
from autosched.backends.kernel import TargetKernel
from autosched.config import Settings
from autosched.errors import CodegenError, LoweringError
from autosched.runtime.code import MachineCode
from autosched.search.applying import tell
from autosched.search.choice import Choice, choices
from autosched.search.code_cache import CodeCache
from autosched.search.task import Task
from autosched.te.bounds import OutOfRange
from autosched.tuning_logs import Store, open_store

Made = TypeVar("Made")
_NO_CODE = (LoweringError, CodegenError)


def compile_best(
    task: Task, store: Store | None, cache: CodeCache
) -> tuple[Choice, MachineCode | TargetKernel]:
    """Return the best choice for a network, and its code, or its kernel if the target has no code.

    The name of the code has the workload's key in it. Code in the cache is taken from there, and
    new code put into it. Otherwise as `build_best`.
    """
    cached: dict[Choice, MachineCode] = {}

    def is_cached(choice: Choice) -> bool:
        found = cache.get(task, choice)
        if found is not None:
            cached[choice] = found
        return found is not None

    def made(choice: Choice) -> MachineCode | TargetKernel:
        if choice in cached:
            return cached[choice]
        name = f"kernel_{task.form.instance.key}"
        code = task.backend.machine_code(task.form, choice.schedule, name)
        if code is None:
            return build_chosen(task, choice)
        cache.put(task, choice, code)
        return code

    return _first_made(task, choices(task, store, is_cached, in_network=True), made)


def build_best(
    task: Task,
    store: Store | None,
    args: Args | None = None,
    name: str = "main",
    bounds: OutOfRange = "check",
) -> tuple[Choice, TargetKernel]:
    """Return the best choice for a task that can be built, and its kernel; see `build_chosen`.

    A stored trial that this version cannot build is ignored with a warning. If no default can
    be built, the error of the last one is raised.
    """
    return _first_made(
        task,
        choices(task, store),
        lambda choice: build_chosen(task, choice, args, name, bounds),
        lambda choice: args is not None and _builds(task, choice),
    )


def _first_made(
    task: Task,
    candidates: Iterator[Choice],
    make: Callable[[Choice], Made],
    is_request_wrong: Callable[[Choice], bool] = lambda choice: False,
) -> tuple[Choice, Made]:
    refused: Exception | None = None
    for choice in candidates:
        try:
            return choice, make(choice)
        except _NO_CODE as error:
            refused = error
            if choice.trial is None:
                continue
            if is_request_wrong(choice):
                raise
            tell(task, choice.trial, error.message)
    assert refused is not None, "there is a default"
    raise refused


def _builds(task: Task, choice: Choice) -> bool:
    """Whether the choice can be built with the arguments in the workload's order."""
    try:
        build_chosen(task, choice)
    except _NO_CODE:
        return False
    return True


def build_chosen(
    task: Task,
    choice: Choice,
    args: Args | None = None,
    name: str = "main",
    bounds: OutOfRange = "check",
) -> TargetKernel:
    """Return the kernel of a task's workload with a chosen schedule.

    `args` are the arguments of the kernel, by default in the workload's order. `bounds`
    are those of `autosched.build`.
    """
    kernel = task.backend.build_workload(task.form, choice.schedule, args, name, bounds)
    kernel.schedule = choice.origin
    return kernel


def opened_to_read(db: str | Path | Store | None) -> Any:
    """Return the store to read from as a context; None if the default one does not exist."""
    if isinstance(db, Store):
        return nullcontext(db)
    path = db if db is not None else Settings.from_environment().database
    if db is None and not Path(path).exists():
        return nullcontext(None)
    return open_store(path, read_only=True)
