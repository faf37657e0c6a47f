"""TVM's schedules of operators: all of them are the one that autosched makes by default."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from autosched import api, te
from autosched.errors import LoweringError, not_offered
from autosched.ops.instance import from_tensors
from autosched.search.choice import choices
from autosched.te import dag
from autosched.te.tensor import ComputeOp, PlaceholderOp, Tensor


def default_schedule(outs: Tensor | Sequence[Tensor], *_: Any, **__: Any) -> te.Schedule:
    """Return the schedule that autosched makes by default for this machine."""
    given = [outs] if isinstance(outs, Tensor) else list(outs)
    if not all(isinstance(op, ComputeOp | PlaceholderOp) for op in dag.topological_order(given)):
        return te.create_schedule([out.op for out in given])
    outputs = [out for out in given if isinstance(out.op, ComputeOp)]
    tensors = [*dag.inputs(outputs), *outputs]
    task = api.as_task(from_tensors(tensors), "cpu", 0)
    for choice in choices(task, None):
        with suppress(LoweringError):
            api.lower(choice.schedule, [*tensors, *dag.size_vars(tensors)], after="unroll")
            return choice.schedule
    raise AssertionError("the last choice can always be lowered")


_ONCE_NN = {"dense_dynamic": "dense", "dense_nopack": "dense", "dense_pack": "dense"}
"""Implementations that TVM has for a processor, by the operator."""


class Elsewhere:
    """The operators for a processor that there is no code for: a use of one is refused."""

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, name: str) -> Elsewhere:
        if name.startswith("__"):
            raise AttributeError(name)
        return Elsewhere(f"{self._name}.{name}")

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise not_offered(f"topi.{self._name}", "topi.nn has the operators for a CPU")


def __getattr__(name: str) -> Callable[..., Any]:
    from autosched.tvm.topi import nn, vision

    if name.startswith("__"):
        raise AttributeError(name)
    if name.startswith("schedule_"):
        return default_schedule
    operator = _ONCE_NN.get(name, name)
    for names in (nn, vision):
        if operator in names.__all__:
            found: Callable[..., Any] = getattr(names, operator)
            return found
    raise not_offered(f"topi.generic.{name}", "schedules are there under any name schedule_...")
