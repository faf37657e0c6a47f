"""`autosched target`: the description of a machine and its limits."""

from __future__ import annotations

import click

from autosched.cli.options import json_option, machine, target_option
from autosched.cli.reply import Reply
from autosched.text import pairs


@click.command("target")
@target_option
@json_option
def command(target: str) -> Reply:
    """Show what this machine is, its measured peak and bandwidths of one core.

    Measuring takes about a second; nothing else should run meanwhile. Of an accelerator its
    sizes and its cycle model's constants are shown.
    """
    report = machine(target).reporter.description()
    return Reply(report.facts, pairs(report.lines))
