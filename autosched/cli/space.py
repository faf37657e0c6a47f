"""`autosched space`: the schedules that a search chooses among, and what was dropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from autosched.cli.options import (
    identity,
    json_option,
    machine,
    resolved,
    size_option,
    sized,
    target_option,
    workload_arguments,
)
from autosched.cli.reply import Reply
from autosched.text import pairs, table

if TYPE_CHECKING:
    from autosched.schedule.sketch import DecisionInfo
    from autosched.search.task import Task


@click.command("space")
@workload_arguments
@size_option
@target_option
@json_option
def command(workload: str, parameters: Sequence[str], sizes: Sequence[str], target: str) -> Reply:
    """Tell how large the space of WORKLOAD's schedules is: sketches, decisions, candidates.

    A sketch is a structure of loops that the rules found legal; a candidate is a sketch with a
    value for each of its decisions. What the rules proposed and was illegal is told too. Stages
    that no rule takes have loops over rows.
    """
    from autosched.api import as_task

    instance = resolved(workload, parameters)
    given = sized(sizes, instance)
    task = as_task(instance, machine(target, 0), 0, sizes=given)
    total = sum(sketch.size for sketch in task.sketches)
    document = {
        "workload": identity(task.workload, given),
        "candidates": total,
        "sketches": [
            {
                "name": sketch.name,
                "rules": list(sketch.rules),
                "candidates": sketch.size,
                "decisions": [
                    {"name": each.name, "role": each.role, "choices": list(each.choices)}
                    for each in sketch.decisions
                ],
            }
            for sketch in task.sketches
        ],
        "dropped": task.dropped,
    }
    head = pairs({"workload": instance, "candidates": f"{total:,}"})
    return Reply(document, "\n\n".join([head, *_tables(task)]))


def _tables(task: Task) -> list[str]:
    """Return the sketches, their open decisions, and the reasons against others, as text.

    A sketch with the decisions of one before it refers to that.
    """
    sketches: list[tuple[str, str, int, int | str]] = []
    decisions: list[tuple[str, str, str, str]] = []
    first: dict[tuple[DecisionInfo, ...], str] = {}
    for sketch in task.sketches:
        count: int | str = len(sketch.decisions)
        if sketch.decisions in first:
            count = f"{count}, as {first[sketch.decisions]}"
        elif sketch.decisions:
            first[sketch.decisions] = sketch.name
            for each in sketch.decisions:
                values = ", ".join(each.labels or map(str, each.choices))
                decisions.append((sketch.name, each.name, each.role, values))
        rules = ", ".join(sketch.rules) or "-"
        sketches.append((sketch.name, rules, sketch.size, count))
    tables = [table(("sketch", "rules", "candidates", "decisions"), sketches)]
    if decisions:
        tables.append(table(("sketch", "decision", "role", "values"), decisions))
    if task.dropped:
        tables.append("\n".join(["dropped:", *(f"  {reason}" for reason in task.dropped)]))
    return tables
