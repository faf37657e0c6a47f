"""How each step of a network is computed: by which kernel, or by NumPy and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autosched.backends.reporter import StepTime
from autosched.graph.network import Network, Step
from autosched.text import counted, table

KEY_LETTERS = 8
"""Of the key of a task, as tables and kernels have it."""


@dataclass(frozen=True)
class StepReport:
    """A step of a network.

    `name` is that of its first node, and `nodes` are those of all, as the model's file has them.
    `schedule` is the origin of the kernel's schedule, `tuned`, `nearest` or `default`; it is
    `numpy` where there is no kernel, and `reason` says why. `task` is the key of the kernel's
    task in a database, `flops` and `bytes` are its operations and the bytes of its inputs and
    outputs. `target` is the kind of the target that computes it, and `placed` says why, where
    there is an accelerator; `model_ns` is the time by the model of that.
    """

    name: str
    nodes: tuple[str, ...]
    operators: tuple[str, ...]
    schedule: str
    reason: str
    task: str | None = None
    flops: int = 0
    bytes: int = 0
    target: str = ""
    placed: str = ""
    model_ns: float | None = None

    @property
    def short_task(self) -> str:
        """The first letters of the task's key, as kernels and tables have them."""
        return "-" if self.task is None else self.task[:KEY_LETTERS]


@dataclass(frozen=True)
class Report:
    """The steps of a network in the order in which they run; its `str` is a table."""

    steps: list[StepReport]

    @property
    def counts(self) -> dict[str, int]:
        """How many steps have a schedule of each origin, or run by NumPy."""
        return dict(Counter(step.schedule for step in self.steps))

    @property
    def flops(self) -> int:
        """The operations of all kernels."""
        return sum(step.flops for step in self.steps)

    @property
    def by_numpy(self) -> list[StepReport]:
        """The steps without a kernel."""
        return [step for step in self.steps if step.task is None]

    @property
    def summary(self) -> str:
        """The counts in words."""
        words = {"numpy": "by NumPy"}
        shown = [f"{count} {words.get(kind, kind)}" for kind, count in self.counts.items()]
        return counted(len(self.steps), "step") + (f", {', '.join(shown)}" if shown else "")

    def __str__(self) -> str:
        head = ("step", "operators", "schedule", "reason")
        rows = [
            (step.name, "+".join(step.operators), step.schedule, step.reason) for step in self.steps
        ]
        if not any(step.placed for step in self.steps):
            return table(head, rows)
        more = [(step.target or "-", step.placed or "-") for step in self.steps]
        return table(
            (*head, "target", "why there"), [(*a, *b) for a, b in zip(rows, more, strict=True)]
        )


def report(network: Network) -> Report:
    """How the network is computed."""
    return Report([report_of(step) for step in network.steps])


def step_times(network: Network, arrays: Sequence[np.ndarray]) -> list[StepTime]:
    """The steps of a run for inputs in order, each with its time; see `Network.timed`."""
    return [
        StepTime(made.name, "+".join(made.operators), made.target, made.placed, time_ns)
        for step, time_ns in network.timed(arrays)
        for made in [report_of(step)]
    ]


def report_of(step: Step) -> StepReport:
    """How a step is computed."""
    group = step.group
    names = tuple(node.name for node in group.nodes)
    operators = tuple(node.operator.name for node in group.nodes)
    if step.choice is None or step.task is None:
        return StepReport(group.name, names, operators, "numpy", step.why, placed=step.placed)
    workload = step.task.workload
    flops, moved = (n if isinstance(n, int) else 0 for n in (workload.flops, workload.bytes))
    return StepReport(
        group.name,
        names,
        operators,
        step.choice.origin,
        step.choice.reason,
        step.task.key,
        flops,
        moved,
        step.task.backend.kind,
        step.placed,
        step.model_ns,
    )
