"""How each step of a network is computed: by which kernel, or by NumPy and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from autosched.graph.network import Network, Step
from autosched.text import table


@dataclass(frozen=True)
class StepReport:
    """A step of a network.

    `name` is that of its first node, as the model's file has it. `schedule` is the origin of the
    kernel's schedule, `tuned`, `nearest` or `default`; it is `numpy` where there is no kernel,
    and `reason` says why. `task` is the key of the kernel's task in a database.
    """

    name: str
    operators: tuple[str, ...]
    schedule: str
    reason: str
    task: str | None


@dataclass(frozen=True)
class Report:
    """The steps of a network in the order in which they run; its `str` is a table."""

    steps: list[StepReport]

    @property
    def counts(self) -> dict[str, int]:
        """How many steps have a schedule of each origin, or run by NumPy."""
        return dict(Counter(step.schedule for step in self.steps))

    @property
    def summary(self) -> str:
        """The counts in words."""
        words = {"numpy": "by NumPy"}
        shown = [f"{count} {words.get(kind, kind)}" for kind, count in self.counts.items()]
        return f"{len(self.steps)} steps" + (f", {', '.join(shown)}" if shown else "")

    def __str__(self) -> str:
        rows = [
            (step.name, "+".join(step.operators), step.schedule, step.reason) for step in self.steps
        ]
        return table(("step", "operators", "schedule", "reason"), rows)


def report(network: Network) -> Report:
    """How the network is computed."""
    return Report([_step(step) for step in network.steps])


def _step(step: Step) -> StepReport:
    operators = tuple(node.operator.name for node in step.group.nodes)
    if step.choice is None:
        return StepReport(step.group.name, operators, "numpy", step.why, None)
    task = None if step.task is None else step.task.key
    return StepReport(step.group.name, operators, step.choice.origin, step.choice.reason, task)
