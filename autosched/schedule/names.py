"""Chooses the names of stages and axes in the Python text of a schedule."""

from __future__ import annotations

import keyword
import re

from autosched.schedule.state import ScheduleState, StageState
from autosched.te.axis import Axis
from autosched.te.tensor import Operation, ScanOp, Tensor

_RESERVED = {"s", "te"}


class Names:
    """The identifiers of stages and axes, and the lines that bind each before its first use."""

    def __init__(self, schedule: ScheduleState):
        self.lines: list[str] = []
        self._schedule = schedule
        self._taken = set(_RESERVED)
        outputs_first = (*(schedule[op] for op in schedule.outputs), *schedule.stages)
        self._tensors = {
            stage: self._identifier(stage.name) for stage in dict.fromkeys(outputs_first)
        }
        self._axes: dict[Axis, str] = {}
        outputs = ", ".join(self._tensors[schedule[op]] for op in schedule.outputs)
        self.lines.append(f"s = te.create_schedule([{outputs}])")
        every = ", ".join(self._tensors[stage] for stage in schedule.stages)
        self.lines.append(f"{every}{',' if len(schedule.stages) == 1 else ''} = s.tensors")

    def stage(self, number: int) -> str:
        return f"s[{self._tensors[self._schedule.numbered[number]]}]"

    def stage_tensor(self, number: int) -> str:
        return self._tensors[self._schedule.numbered[number]]

    def tensor(self, tensor: tuple[int, int]) -> str:
        number, index = tensor
        name = self.stage_tensor(number)
        return name if index == 0 else f"{name}.op.output({index})"

    def axis(self, number: int, axis: int) -> str:
        stage = self._schedule.numbered[number]
        wanted = stage.axes[axis]
        if wanted not in self._axes:
            if isinstance(stage.op, ScanOp):
                self._bind(stage, stage.op, "loops")
            self._bind(stage, stage.op, "axis")
            self._bind(stage, stage.op, "reduce_axis")
        return self._axes[wanted]

    def _bind(self, stage: StageState, op: Operation, field: str) -> None:
        axes: tuple[Axis, ...] = getattr(op, field)
        if not axes or all(axis in self._axes for axis in axes):
            return
        names = [self._name_axis(axis, stage) for axis in axes]
        left = ", ".join(names) + ("," if len(names) == 1 else "")
        self.lines.append(f"{left} = {self.stage(stage.number)}.op.{field}")

    def target(self, made: Axis | Tensor) -> str:
        if isinstance(made, Tensor):
            stage = self._schedule[made]
            if stage not in self._tensors:
                self._tensors[stage] = self._identifier(stage.name)
                return self._tensors[stage]
            return self._identifier(made.name)
        return self._name_axis(made, None)

    def _name_axis(self, axis: Axis, stage: StageState | None) -> str:
        if axis not in self._axes:
            self._axes[axis] = self._identifier(axis.name, stage)
        return self._axes[axis]

    def _identifier(self, text: str, stage: StageState | None = None) -> str:
        plain = re.sub(r"\W", "_", text)
        if not plain or plain[0].isdigit() or keyword.iskeyword(plain):
            plain = f"_{plain}"
        if plain in self._taken and stage is not None:
            plain = f"{self._tensors[stage]}_{plain}"
        name, number = plain, 2
        while name in self._taken:
            name, number = f"{plain}_{number}", number + 1
        self._taken.add(name)
        return name
