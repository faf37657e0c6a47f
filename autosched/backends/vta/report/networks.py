"""The report of a network that is divided between the accelerator and this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from autosched.backends.reporter import Report, StepTime
from autosched.backends.vta.machine import nanoseconds
from autosched.backends.vta.target import VtaTarget
from autosched.text import counted, duration, table


def with_cycles(report: Report, steps: Sequence[StepTime], target: VtaTarget) -> Report:
    """The report, with the cycles of all programs, the time of what is left, and every step."""
    programs = [step for step in steps if step.target == target.kind]
    rest = [step for step in steps if step.target != target.kind]
    there_ns, rest_ns = (sum(step.time_ns for step in some) for some in (programs, rest))
    cycle_ns = nanoseconds(target, 1)
    total = round(there_ns / cycle_ns)
    facts = {
        "cycles": total,
        "time_ns": there_ns,
        "rest_ns": rest_ns,
        "placed": [asdict(step) for step in steps],
    }
    lines = {
        "cycles": f"{total} in {counted(len(programs), 'program')}, {duration(there_ns)}",
        "the rest": f"{duration(rest_ns)} in {counted(len(rest), 'step')} on this machine",
    }
    rows = [
        (
            step.name,
            step.operators,
            step.target or "numpy",
            str(round(step.time_ns / cycle_ns)) if step in programs else "-",
            duration(step.time_ns),
            step.placed or "-",
        )
        for step in steps
    ]
    head = ("step", "operators", "target", "cycles", "time", "why there")
    return replace(
        report,
        facts={**report.facts, **facts},
        lines={**report.lines, **lines},
        tables=(*report.tables, table(head, rows)),
    )
