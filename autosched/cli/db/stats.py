"""`autosched db stats`: how much there is."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from autosched.cli.options import database_options, database_path, opened
from autosched.cli.reply import Reply
from autosched.text import pairs


@click.command("stats")
@database_options
def command(database: Path | None) -> Reply:
    """Count what the database holds: rows by kind, trials by outcome, bytes on disk."""
    with opened(database) as store:
        stats = store.stats()
        names = {workload.key: workload.name for workload in store.workloads()}
    path = database_path(database)
    text = pairs(
        {
            "database": path,
            "size": f"{stats.size_bytes} bytes",
            "workloads": stats.workloads,
            "targets": stats.targets,
            "sessions": stats.sessions,
            "trials": stats.trials,
            **{f"  {name}": count for name, count in stats.by_outcome.items()},
            **{f"  of {names.get(key, '?')} {key[:8]}": n for key, n in stats.by_workload.items()},
        }
    )
    return Reply({"database": str(path), **asdict(stats)}, text)
