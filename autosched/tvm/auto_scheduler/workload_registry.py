"""Workloads by name and arguments: the keys that logs have."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from autosched.errors import WorkloadError
from autosched.ops.instance import checked
from autosched.ops.user_code import user_code
from autosched.te.tensor import Tensor

_WORKLOADS: dict[str, Callable[..., Any]] = {}


def register_workload(func_name: Any, f: Any = None, override: bool = False) -> Any:
    """Register a function that returns the tensors of a workload, inputs first."""

    def register(function: Callable[..., Any], name: str) -> Callable[..., Any]:
        _WORKLOADS[name] = function
        return function

    if callable(func_name):
        return register(func_name, func_name.__name__)
    return (lambda given: register(given, func_name)) if f is None else register(f, func_name)


def register_workload_tensors(
    workload_key: str, tensors: Sequence[Tensor], override: bool = True
) -> str:
    """Register the tensors of a key, as the `workload_key` of a ComputeDAG; return the key."""
    name, _ = _parsed(workload_key)
    _WORKLOADS[name] = lambda: tuple(tensors)
    return workload_key


def make_workload_key(func: Any, args: Any = None) -> str:
    """Return the key of a workload, by its function or name: a list of the name and arguments."""
    name = func if isinstance(func, str) else func.__name__
    if args is None:
        args = ()
    elif not isinstance(args, (list, tuple)):
        args = (args,)
    if name not in _WORKLOADS and callable(func):
        register_workload(name, func)
    return json.dumps([name, *args], default=_extent)


def workload_key_to_tensors(key: str) -> tuple[Tensor, ...]:
    """Return the tensors of a key. Raises WorkloadError if its function is not registered."""
    name, args = _parsed(key)
    if name not in _WORKLOADS:
        raise WorkloadError(
            f"expected a registered workload, one of {', '.join(_WORKLOADS) or 'none'}, "
            f"got {name!r}",
            hint="decorate its function with @auto_scheduler.register_workload",
        )
    with user_code(name):
        returned = _WORKLOADS[name](*map(_tuples, args))
    return checked(returned, name)


def _parsed(key: str) -> tuple[str, list[Any]]:
    """Return the name and the arguments of a key."""
    try:
        name, *args = json.loads(key)
        is_named = isinstance(name, str)
    except (ValueError, TypeError, RecursionError):
        is_named = False
    if not is_named:
        raise WorkloadError(
            f"expected the key of a workload, a list of its name and arguments, got {key!r}"
        )
    return name, args


def _extent(value: Any) -> Any:
    return getattr(value, "value", None) or int(value)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
