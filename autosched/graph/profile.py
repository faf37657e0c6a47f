"""The time of each step of a network: as a table, and as a Chrome trace."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import numpy as np

from autosched.backends.base import Backend
from autosched.graph.network import Network, Step
from autosched.graph.report import StepReport, report_of
from autosched.text import duration, rate, table


@dataclass(frozen=True)
class StepProfile:
    """A step, and its time in nanoseconds; `least_ns` is that at the machine's limits."""

    step: StepReport
    time_ns: float
    least_ns: float | None

    @property
    def roofline(self) -> float | None:
        """The share of the machine's limits that is reached."""
        return None if self.least_ns is None else self.least_ns / max(self.time_ns, 1.0)

    @property
    def facts(self) -> dict[str, Any]:
        """The entry of a document."""
        return {**asdict(self.step), "time_ns": self.time_ns, "share_of_roofline": self.roofline}


@dataclass(frozen=True)
class Profile:
    """The times of the steps of a network, in the order in which they run; `str` is a table."""

    name: str
    steps: list[StepProfile]

    @property
    def time_ns(self) -> float:
        """The sum of all steps."""
        return sum(step.time_ns for step in self.steps)

    def __str__(self) -> str:
        total = max(self.time_ns, 1.0)
        rows = [
            (
                each.step.name,
                "+".join(each.step.operators),
                duration(each.time_ns),
                f"{each.time_ns / total:.1%}",
                rate(each.step.flops / each.time_ns if each.step.flops and each.time_ns else None),
                "-" if each.roofline is None else f"{each.roofline:.0%}",
                each.step.schedule,
                each.step.short_task,
            )
            for each in self.steps
        ]
        head = ("step", "operators", "time", "share", "speed", "of roofline", "schedule", "task")
        return table(head, rows)

    def chrome_trace(self) -> str:
        """The steps one after another as JSON, which Perfetto and chrome://tracing open."""
        events: list[dict[str, Any]] = []
        start_ns = 0.0
        for each in self.steps:
            events.append(
                {
                    "name": each.step.name,
                    "cat": each.step.schedule,
                    "ph": "X",
                    "pid": 0,
                    "tid": 0,
                    "ts": start_ns / 1e3,
                    "dur": each.time_ns / 1e3,
                    "args": each.facts,
                }
            )
            start_ns += each.time_ns
        return json.dumps({"traceEvents": events, "otherData": {"network": self.name}})


def profiled(
    network: Network, arrays: Sequence[np.ndarray], backend: Backend, repeats: int
) -> Profile:
    """The profile of `repeats` runs, after one that is not counted."""
    network.timed(arrays)
    runs = [network.timed(arrays) for _ in range(repeats)]
    steps = [
        StepProfile(
            report_of(step), median(run[place][1] for run in runs), _least_ns(step, backend)
        )
        for place, step in enumerate(network.steps)
    ]
    return Profile(network.graph.name, steps)


def _least_ns(step: Step, backend: Backend) -> float | None:
    return None if step.task is None else backend.reporter.least_ns(step.task.form)
