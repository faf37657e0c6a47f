"""The operations of a workload, in the order that TVM's logs number them."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any

from autosched.schedule.schedule import Schedule
from autosched.schedule.trace import from_json, replay
from autosched.te import dag
from autosched.te.count import flop_count
from autosched.te.tensor import ComputeOp, Operation, Tensor


class ComputeDAG:
    """The operations of some tensors. Its text has a line for each."""

    def __init__(self, tensors: Sequence[Tensor]):
        self.tensors = list(tensors)

    @property
    def ops(self) -> list[Operation]:
        return numbered(self.tensors)

    @property
    def flop_ct(self) -> float:
        flops = flop_count(dag.outputs(self.tensors))
        return float(flops) if isinstance(flops, int) else -1.0

    def schedule_of(self, trace: str) -> Schedule:
        """Return the schedule of a trace, as JSON. Raises ScheduleError if it does not apply."""
        return replay(dag.outputs(self.tensors), from_json(trace))

    def apply_steps_from_state(self, state: Any, layout_rewrite: Any = None) -> tuple[Any, Any]:
        """Return the schedule and the tensors of a record's state."""
        return self.schedule_of(state.trace), self.tensors

    def __str__(self) -> str:
        return "\n".join(map(_line, self.ops)) + "\n"


def numbered(tensors: Sequence[Tensor]) -> list[Operation]:
    """Return the operations in TVM's order.

    Of those whose producers all have a number, the one found last by a walk from the tensors,
    which goes on at the last input of an operation, is the next.
    """
    found: dict[Operation, int] = {}
    readers: dict[Operation, list[Operation]] = {}
    waiting: dict[Operation, int] = {}
    stack = [tensor.op for tensor in tensors]
    while stack:
        op = stack.pop()
        if op in found:
            continue
        found[op] = len(found)
        inputs = list(op.input_tensors) if isinstance(op, ComputeOp) else []
        waiting[op] = len(inputs)
        for tensor in inputs:
            readers.setdefault(tensor.op, []).append(op)
            stack.append(tensor.op)
    ops = {number: op for op, number in found.items()}
    ready = [-number for op, number in found.items() if not waiting[op]]
    heapq.heapify(ready)
    order = []
    while ready:
        op = ops[-heapq.heappop(ready)]
        order.append(op)
        for reader in readers.get(op, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                heapq.heappush(ready, -found[reader])
    return order


def _line(op: Operation) -> str:
    name = op.outputs[0].name
    if not isinstance(op, ComputeOp):
        return f"{name} = PLACEHOLDER [{', '.join(map(str, op.outputs[0].shape))}]"
    axes = ", ".join(axis.name for axis in op.axis)
    return f"{name}({axes}) = {', '.join(map(str, op.body))}"
