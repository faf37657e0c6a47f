"""Templates by name, and tasks: a template with arguments for a target."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, wraps
from typing import Any

from autosched.backends.parse import as_backend
from autosched.errors import WorkloadError
from autosched.ops.instance import WorkloadInstance
from autosched.ops.templates.knobs import Knobs
from autosched.ops.templates.template import Template
from autosched.search.task import Task as SearchTask
from autosched.tvm.autotvm.config import Config, args_to_workload, configured
from autosched.tvm.autotvm.task.dispatcher import DispatchContext
from autosched.tvm.autotvm.task.space import ConfigSpace
from autosched.tvm.target import Target, chosen

_TEMPLATES: dict[str, Callable[..., Any]] = {}


def template(task_name: Any, func: Callable[..., Any] | None = None) -> Any:
    """Register a template under a name, or under its own if it is decorated without one.

    Called by a user, it gets its configuration from the `DispatchContext` around the call.
    """

    def named(function: Callable[..., Any], name: str) -> Callable[..., Any]:
        @wraps(function)
        def called(*args: Any) -> Any:
            target = Target.current()
            workload = args_to_workload(args, name)
            with configured(DispatchContext.current.query(target, workload)):
                return function(*args)

        called.__dict__["autotvm_name"] = name
        register(name, function)
        return called

    if callable(task_name):
        return named(task_name, task_name.__name__)
    return (lambda f: named(f, task_name)) if func is None else named(func, task_name)


def register(name: str, function: Callable[..., Any]) -> None:
    """Register a template that is called by tasks only."""
    _TEMPLATES[name] = function


def create(
    task_name: Any, args: Sequence[Any], target: Any = None, target_host: Any = None
) -> Task:
    """Return the task of a template, by its name or the function itself, with arguments."""
    name = task_name if isinstance(task_name, str) else getattr(task_name, "autotvm_name", "")
    if name not in _TEMPLATES:
        raise WorkloadError(
            f"expected a template, one of {', '.join(_TEMPLATES) or 'none'}, got {task_name!r}",
            hint="decorate the function with @autotvm.template(name)",
        )
    return Task(name, args, target)


class Task:
    """A template with arguments for a target, to be tuned."""

    def __init__(self, name: str, args: Sequence[Any], target: Any = None):
        self.name = name
        self.args = tuple(args)
        self.kwargs: Mapping[str, Any] = {}
        self.func = _TEMPLATES[name]
        self.target = chosen(target)
        self.workload = args_to_workload(args, name)
        self.target_host = None

    @cached_property
    def config_space(self) -> ConfigSpace:
        return ConfigSpace(self.template.space)

    @cached_property
    def template(self) -> Template:
        """The template that `autosched` searches."""

        def function(knobs: Knobs) -> Any:
            with self.target, configured(Config.of(knobs)):
                return self.func(*self.args)

        return Template(self.name, function)

    def instantiate(self, config: Config) -> Any:
        """Return the schedule and the tensors for a configuration."""
        with self.target, configured(config):
            return self.func(*self.args)

    @cached_property
    def search_task(self) -> SearchTask:
        """The task that `autosched` tunes."""
        params = {f"argument {number}": _plain(arg) for number, arg in enumerate(self.args)}
        found = WorkloadInstance(self.name, params, self.template.tensors, template=self.template)
        return SearchTask.of(found, as_backend(self.target.tuned_machine))

    @property
    def flop(self) -> float:
        """The arithmetic operations of one call."""
        flops = self.search_task.workload.flops
        return float(flops) if isinstance(flops, int) else 0.0

    def __repr__(self) -> str:
        return (
            f"Task(func_name={self.name}, args={self.args}, kwargs={{}}, workload={self.workload})"
        )


def _plain(arg: Any) -> Any:
    return json.loads(json.dumps(args_to_workload([arg]), default=str))
