"""TVM's schedules of operators: all of them are the one that autosched makes by default.

They compute operators as written. Only those whose names say so, such as
`schedule_conv2d_winograd_nchw`, may use another algorithm, within the tolerance of the target.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn

from autosched import api, te
from autosched.errors import LoweringError, name_not_offered, not_offered
from autosched.ops.instance import from_tensors
from autosched.search.choice import choices
from autosched.te import dag
from autosched.te.tensor import ComputeOp, PlaceholderOp, Tensor


def default_schedule(
    outs: Tensor | Sequence[Tensor], *_: Any, tolerance: float | None = 0, **__: Any
) -> te.Schedule:
    """Return the schedule that autosched makes by default for this machine.

    `tolerance` is that of `autosched.build`.
    """
    given = [outs] if isinstance(outs, Tensor) else list(outs)
    if not all(isinstance(op, ComputeOp | PlaceholderOp) for op in dag.topological_order(given)):
        return te.create_schedule([out.op for out in given])
    outputs = [out for out in given if isinstance(out.op, ComputeOp)]
    tensors = [*dag.inputs(outputs), *outputs]
    task = api.as_task(from_tensors(tensors), "cpu", 0, tolerance=tolerance)
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


_FILES = ("conv2d", "depthwise_conv2d", "injective", "nn")
"""Modules in which TVM has such schedules; their names are there as well."""


def __getattr__(name: str) -> Any:
    from autosched.tvm.topi import nn, transform, vision

    if name.startswith("__"):
        raise AttributeError(name)
    if name.startswith("schedule_"):
        return partial(default_schedule, tolerance=None) if "winograd" in name else default_schedule
    if name in _FILES:
        return sys.modules[__name__]
    operator = _ONCE_NN.get(name, name)
    for names in (nn, vision, transform):
        if operator in names.__all__:
            found: Callable[..., Any] = getattr(names, operator)
            return found
    raise name_not_offered(
        f"topi.generic.{name}", "schedules are there under any name schedule_..."
    )
