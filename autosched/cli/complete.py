"""Completions for a shell: workloads, their parameters, targets."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem


def workload_names(
    context: click.Context, parameter: click.Parameter, typed: str
) -> list[CompletionItem]:
    """Return the registered workloads; files, since a function in one is a workload too."""
    from autosched.ops.resolve import registered

    found = [
        CompletionItem(workload.name, help=workload.summary)
        for workload in registered().values()
        if workload.name.startswith(typed)
    ]
    return found or [CompletionItem(typed, type="file")]


def parameter_names(
    context: click.Context, parameter: click.Parameter, typed: str
) -> list[CompletionItem]:
    """`KEY=` for each parameter of the workload that is not given yet, `KEY=VALUE` for choices."""
    from autosched.errors import AutoschedError
    from autosched.ops.resolve import find

    try:
        workload, _ = find(context.params.get("workload") or "")
    except AutoschedError:
        return []
    given = {word.partition("=")[0] for word in context.params.get("parameters") or ()}
    words = [
        f"{known.name}={choice}"
        for known in workload.parameters
        if known.name not in given
        for choice in (known.choices if "=" in typed and known.choices else [""])
    ]
    return [CompletionItem(word) for word in words if word.startswith(typed)]


def target_names(
    context: click.Context, parameter: click.Parameter, typed: str
) -> list[CompletionItem]:
    """Return the texts that targets of every kind offer."""
    from autosched.backends.parse import target_names as known

    return [CompletionItem(name) for name in known() if name.startswith(typed)]
