"""A tuning task: a workload, the machine it runs on, and the sketches to choose among."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property

from autosched.ops.instance import WorkloadInstance
from autosched.schedule.sketch import Sketch
from autosched.search.shape_free import shape_free_key
from autosched.search.space.generate import sketches
from autosched.target.target import Target
from autosched.te import serialize
from autosched.tuning_logs import TargetRecord, WorkloadRecord


@dataclass(frozen=True, eq=False)
class Task:
    """What a search works on; `threads` is how many cores a parallel loop gets."""

    workload: WorkloadInstance
    target: Target
    threads: int

    @cached_property
    def sketches(self) -> list[Sketch]:
        """Every structure the rules find, the best guess first."""
        return sketches(self.workload.outputs, self.target)

    @cached_property
    def size(self) -> int:
        """How many candidates the sketches have together, limits aside."""
        return sum(sketch.size for sketch in self.sketches)

    @cached_property
    def text(self) -> str:
        """The tensors as JSON: what a measurer gets."""
        return serialize.to_json(self.workload.tensors)

    @cached_property
    def record(self) -> WorkloadRecord:
        """The workload as a database keeps it."""
        return WorkloadRecord(
            content=self.workload.canonical_text,
            name=self.workload.name,
            params=json.dumps(self.workload.params, sort_keys=True, default=str),
            shape_free_key=shape_free_key(self.workload.canonical_text),
        )

    @property
    def key(self) -> str:
        """The workload's key in a database."""
        return self.record.key

    @cached_property
    def target_record(self) -> TargetRecord:
        """The machine as a database keeps it."""
        return TargetRecord(text=target_text(self.target))


def target_text(target: Target) -> str:
    """The target without its thread count, which a trial states by itself.

    A process kept to one core sees the same machine as one that may use all of them.
    """
    words = str(target).split()
    return " ".join(word for word in words if not word.startswith("-threads="))
