"""Schedules as functions of arrays, or of tensors, by the name of `te.hybrid.build`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autosched import api, te
from autosched.ir.expr import Buffer, Var
from autosched.ir.rewrite import replace_buffers
from autosched.ir.stmt import Stmt
from autosched.lowering.lower import lower
from autosched.schedule.schedule import Schedule
from autosched.te.tensor import Tensor
from autosched.tvm.lowered import order


class HybridModule:
    """A schedule that is called with arrays and sizes, or with the tensors that it was built for.

    With arrays it returns the outputs; with tensors, tensors that its statements compute.
    """

    def __init__(
        self, schedule: Schedule, inputs: Sequence[Any], outputs: Sequence[Tensor], name: str
    ):
        self.name = name
        self._schedule = schedule
        self._inputs = inputs
        self._outputs = outputs

    def __call__(self, *args: Any) -> Any:
        if any(isinstance(arg, Tensor) for arg in args):
            return self._as_tensors([arg for arg in args if isinstance(arg, Tensor)])
        kernel: Any = api.build(
            self._schedule, order([*self._inputs, *self._outputs]), name=self.name
        )
        given = list(zip(self._inputs, args, strict=True))
        arrays = [arg for own, arg in given if isinstance(own, Tensor)]
        sizes = {own.name: int(arg) for own, arg in given if isinstance(own, Var)}
        return kernel(*arrays, sizes=sizes or None)

    def _as_tensors(self, inputs: list[Tensor]) -> Any:
        own = [arg for arg in self._inputs if isinstance(arg, Tensor)]
        function = lower(self._schedule, [*own, *self._outputs], self.name)

        def statements(ins: list[Buffer], outs: list[Buffer]) -> Stmt:
            moved = dict(zip(function.params, (*ins, *outs), strict=True))
            return replace_buffers(function.body, moved)

        shapes = [list(tensor.shape) for tensor in self._outputs]
        dtypes = [tensor.dtype for tensor in self._outputs]
        return te.extern(shapes, inputs, statements, self.name, dtypes)


def build(
    sch: Schedule, inputs: Sequence[Any], outputs: Sequence[Tensor], name: str = "hybrid_func"
) -> HybridModule:
    """Return the schedule as a function of its inputs."""
    return HybridModule(sch, inputs, outputs, name)
