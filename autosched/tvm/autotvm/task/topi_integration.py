"""Templates in two parts: a function that computes, and one that schedules what it returned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from autosched.errors import WorkloadError
from autosched.te import dag, placeholder
from autosched.te.tensor import Tensor
from autosched.tvm.autotvm.config import (
    Config,
    Workload,
    args_to_workload,
    configured,
    get_config,
)
from autosched.tvm.autotvm.task.dispatcher import DispatchContext
from autosched.tvm.autotvm.task.task import register
from autosched.tvm.target import Target

Function = Callable[..., Any]

_COMPUTES: dict[str, Function] = {}
_SCHEDULES: dict[str, Function] = {}


def register_topi_compute(task_name: str, func: Function | None = None) -> Any:
    """Register the first part of a template: `func(cfg, *args)` returns tensors.

    Called by a user without `cfg`, it gets the configuration for its arguments.
    """

    def registered(function: Function) -> Function:
        @wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            workload = args_to_workload(args, task_name)
            config = _chosen(workload)
            with configured(config):
                found = function(config, *args, **kwargs)
            for out in _listed(found):
                out.op.attrs["workload"] = workload
            return found

        _COMPUTES[task_name] = function
        _join(task_name)
        return called

    return registered if func is None else registered(func)


def register_topi_schedule(task_name: str, func: Function | None = None) -> Any:
    """Register the second part of a template: `func(cfg, outs)` returns a schedule.

    Called by a user without `cfg`, it gets the configuration of the first part's call, which is
    found from the outputs. Raises WorkloadError if none of the operations comes from it.
    """

    def registered(function: Function) -> Function:
        @wraps(function)
        def called(outs: Any, *args: Any, **kwargs: Any) -> Any:
            config = _chosen(_workload_of(outs, task_name))
            with configured(config):
                return function(config, outs, *args, **kwargs)

        _SCHEDULES[task_name] = function
        _join(task_name)
        return called

    return registered if func is None else registered(func)


def _join(name: str) -> None:
    """Make a template of the two parts, once both are there."""
    if name not in _COMPUTES or name not in _SCHEDULES:
        return

    def template(*args: Any) -> Any:
        given = [_tensor(arg) for arg in args]
        outs = _listed(_COMPUTES[name](get_config(), *given))
        inputs = [tensor for arg in given for tensor in _listed(arg) if isinstance(tensor, Tensor)]
        return _SCHEDULES[name](get_config(), outs), [*inputs, *outs]

    register(name, template)


def _tensor(arg: Any) -> Any:
    """Return a new input for the description of one; tuples may hold several."""
    if isinstance(arg, (list, tuple)) and arg and arg[0] == "TENSOR":
        return placeholder(tuple(arg[1]), arg[2])
    if isinstance(arg, (list, tuple)) and any(isinstance(each, (list, tuple)) for each in arg):
        return [_tensor(each) for each in arg]
    return arg


def _chosen(workload: Workload) -> Config:
    return DispatchContext.current.query(Target.current(), workload)


def _workload_of(outs: Any, name: str) -> Workload:
    for op in dag.topological_order(_listed(outs)):
        workload = getattr(op, "attrs", {}).get("workload")
        if isinstance(workload, tuple) and workload[0] == name:
            return workload
    raise WorkloadError(
        f"expected outputs of the template {name}, got {_listed(outs)}",
        hint="the function of register_topi_compute with this name makes them",
    )


def _listed(found: Any) -> Sequence[Any]:
    return found if isinstance(found, (list, tuple)) else [found]
