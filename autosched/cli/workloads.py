"""`autosched workloads`: the workloads that can be tuned by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from autosched.cli.options import json_option
from autosched.cli.reply import Reply

if TYPE_CHECKING:
    from autosched.ops.parameters import Parameter


@click.command("workloads")
@json_option
def command() -> Reply:
    """List the workloads that have a name, with their parameters.

    A function of your own is one too: give it as file.py:function or package.module:function.
    """
    from autosched.ops.resolve import registered

    known = registered().values()
    document = [
        {
            "name": workload.name,
            "summary": workload.summary,
            "parameters": [_described(parameter) for parameter in workload.parameters],
        }
        for workload in known
    ]
    text = "\n\n".join(
        f"{workload.name} {' '.join(map(_typed, workload.parameters))}\n    {workload.summary}"
        for workload in known
    )
    return Reply({"workloads": document}, text)


def _typed(parameter: Parameter) -> str:
    """Return the parameter as on a command line, with its default."""
    if parameter.required:
        return f"{parameter.name}=..."
    plain = parameter.default is None or isinstance(parameter.default, bool)
    value = str(parameter.default)
    return f"{parameter.name}={value.lower() if plain else value}"


def _described(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "type": parameter.kind.__name__,
        "choices": list(parameter.choices),
        "optional": parameter.optional,
        "required": parameter.required,
        "default": None if parameter.required else parameter.default,
    }
