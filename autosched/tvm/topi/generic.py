"""TVM's schedules of operators: all of them are the one that autosched makes by default."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autosched import te
from autosched.api import as_task
from autosched.errors import not_offered
from autosched.ops.instance import from_tensors
from autosched.search.choice import choose
from autosched.te import dag
from autosched.te.tensor import Tensor


def default_schedule(outs: Tensor | Sequence[Tensor], *_: Any, **__: Any) -> te.Schedule:
    """Return the schedule that autosched makes by default for this machine."""
    outputs = [outs] if isinstance(outs, Tensor) else list(outs)
    task = as_task(from_tensors([*dag.inputs(outputs), *outputs]), "cpu", 0)
    return choose(task, None).schedule


def __getattr__(name: str) -> Callable[..., te.Schedule]:
    if name.startswith("schedule_"):
        return default_schedule
    raise not_offered(f"topi.generic.{name}", "schedules are there under any name schedule_...")
