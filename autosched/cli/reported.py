"""The reply of `run` and `explain`: the report of the kernel that was chosen for a task."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from autosched.cli.chosen import described
from autosched.cli.options import identity
from autosched.cli.reply import DONE, FAILED, Reply
from autosched.text import pairs

if TYPE_CHECKING:
    from autosched.backends.reporter import Report
    from autosched.search.choice import Choice
    from autosched.search.task import Task


def reported(
    task: Task,
    given: Mapping[str, int],
    choice: Choice,
    report: Report,
    more: Mapping[str, object] = MappingProxyType({}),
) -> Reply:
    """Return the reply with the report of a kernel, and facts for `--json` alone."""
    algorithm = {"algorithm": choice.algorithm} if choice.algorithm else {}
    facts = {
        "workload": identity(task.workload, given),
        "target": str(task.backend),
        "schedule": choice.origin,
        "schedule_reason": choice.reason,
        "algorithm": choice.algorithm,
        **report.facts,
        **more,
    }
    head = {
        "workload": task.form.instance,
        **task.backend.reporter.where,
        "schedule": described(choice),
        **algorithm,
        **report.lines,
    }
    text = "\n\n".join([pairs(head), *report.tables])
    return Reply(facts, text, DONE if report.is_right else FAILED)
