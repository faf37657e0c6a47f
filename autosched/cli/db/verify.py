"""`autosched db verify`: checks the integrity of the database."""

from __future__ import annotations

from pathlib import Path

import click

from autosched.cli.options import database_options, salvaged
from autosched.cli.reply import DONE, FAILED, Reply


@click.command("verify")
@database_options
def command(database: Path | None) -> Reply:
    """Check the database; the status is 1 if it has problems.

    Schedules that do not apply to their workloads are problems too.
    """
    from autosched.search.applying import unreplayable
    from autosched.tuning_logs import first_problems

    with salvaged(database) as store:
        problems = [*store.verify(), *first_problems(unreplayable(store))]
        store.unreadable.clear()  # told in other words above
    text = "\n".join(problems) or "all is well"
    return Reply({"problems": problems}, text, FAILED if problems else DONE)
