"""Options that several benchmarks take."""

from __future__ import annotations

from pathlib import Path

import click

json_option = click.option(
    "--json", "json_file", type=click.Path(path_type=Path), help="Write what was measured here."
)
database_option = click.option(
    "--db",
    "database",
    type=click.Path(path_type=Path),
    default=Path("benchmarks.db"),
    show_default=True,
    help="The tuning database to take schedules from, and to tune into.",
)
trials_option = click.option(
    "--trials", type=click.IntRange(min=0), default=0, help="Tune so many trials first."
)
threads_option = click.option(
    "--threads", type=click.IntRange(min=1), default=1, show_default=True, help="Cores to use."
)
CASES_HELP = "Only the cases with one of these comma-separated parts in their names."
cases_option = click.option("--cases", default="", help=CASES_HELP)
wait_option = click.option(
    "--wait", type=float, default=0.0, help="Wait up to so many seconds for a quiet machine."
)
