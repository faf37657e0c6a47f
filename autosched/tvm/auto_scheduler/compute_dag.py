"""The operations of a workload, in the order that TVM's logs number them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from autosched.errors import not_offered
from autosched.schedule.schedule import Schedule
from autosched.schedule.trace import from_json, replay, to_python
from autosched.te import dag, serialize
from autosched.te.count import flop_count
from autosched.te.tensor import ComputeOp, Operation, Tensor
from autosched.tvm.auto_scheduler.loop_state import State
from autosched.tvm.auto_scheduler.numbering import numbered
from autosched.tvm.auto_scheduler.workload_registry import workload_key_to_tensors


class ComputeDAG:
    """The operations of some tensors. Its text has a line for each."""

    def __init__(self, tensors: Sequence[Tensor] | str):
        """Take tensors, inputs first, or the key of a workload."""
        if isinstance(tensors, Schedule):
            raise not_offered("the ComputeDAG of a schedule", "give it the tensors, inputs first")
        if isinstance(tensors, str):
            tensors = workload_key_to_tensors(tensors)
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

    def get_init_state(self) -> State:
        """Return the state without steps."""
        return State(self.tensors)

    init_state = property(get_init_state)

    def apply_steps_from_state(
        self, state: State, layout_rewrite: Any = None
    ) -> tuple[Schedule, list[Tensor]]:
        """Return the schedule and the tensors of a state."""
        return self.schedule_of(state.trace), self.tensors

    def infer_bound_from_state(self, state: State) -> State:
        """Return the state, whose loops have their ranges."""
        return state

    def print_python_code_from_state(self, state: State) -> str:
        """Return the steps of a state as Python."""
        return to_python(self.schedule_of(state.trace))

    def workload_key(self) -> str:
        """Return a key that is equal for equal operations."""
        digest = sha256(serialize.to_json(self.tensors).encode()).hexdigest()
        return json.dumps([digest[:32]])

    hash_key = workload_key

    def __str__(self) -> str:
        return "\n".join(map(_line, self.ops)) + "\n"


def _line(op: Operation) -> str:
    name = op.outputs[0].name
    if not isinstance(op, ComputeOp):
        return f"{name} = PLACEHOLDER [{', '.join(map(str, op.outputs[0].shape))}]"
    axes = ", ".join(axis.name for axis in op.axis)
    return f"{name}({axes}) = {', '.join(map(str, op.body))}"
