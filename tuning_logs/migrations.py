"""The schema, as numbered steps. A step that was released is never changed; add another."""

from __future__ import annotations

from functools import cache

from sqlite_utils import Database, Migrations

MIGRATIONS = Migrations("autosched")


@MIGRATIONS()
def m0001_tables(db: Database) -> None:
    """Workloads, targets, sessions and trials.

    A trial's uniqueness holds its thread count: the same schedule on two threads is another
    measurement. `time_ns` repeats the median of `times_ns` so that SQL can order by it.
    """
    db.execute(
        """
        CREATE TABLE workloads (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,
            content TEXT NOT NULL,
            name TEXT NOT NULL,
            params TEXT NOT NULL,
            shape_free_key TEXT NOT NULL,
            created TEXT NOT NULL
        )
        """
    )
    db.execute(
        """
        CREATE TABLE targets (
            id INTEGER PRIMARY KEY,
            text TEXT NOT NULL UNIQUE,
            created TEXT NOT NULL
        )
        """
    )
    db.execute(
        """
        CREATE TABLE sessions (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            strategy TEXT NOT NULL,
            seed INTEGER NOT NULL,
            versions TEXT NOT NULL,
            machine TEXT NOT NULL,
            host_cpu TEXT NOT NULL,
            started TEXT NOT NULL,
            ended TEXT
        )
        """
    )
    db.execute(
        """
        CREATE TABLE trials (
            id INTEGER PRIMARY KEY,
            workload_id INTEGER NOT NULL REFERENCES workloads(id),
            target_id INTEGER NOT NULL REFERENCES targets(id),
            session_number INTEGER NOT NULL REFERENCES sessions(number),
            threads INTEGER NOT NULL,
            trace_key TEXT NOT NULL,
            trace TEXT NOT NULL,
            outcome TEXT NOT NULL,
            reason TEXT NOT NULL,
            time_ns REAL,
            times_ns TEXT NOT NULL,
            build_ms REAL,
            predicted REAL,
            created TEXT NOT NULL,
            UNIQUE (workload_id, target_id, threads, trace_key)
        )
        """
    )


@MIGRATIONS()
def m0002_find_the_best(db: Database) -> None:
    """The views people query, and the index that makes the best trial one lookup.

    `history` is every trial with names in place of ids; `best` is its fastest row for each
    workload, target and thread count.
    """
    db.execute(
        """
        CREATE INDEX trials_by_time
            ON trials (workload_id, target_id, threads, time_ns) WHERE outcome = 'ok'
        """
    )
    db.execute("CREATE INDEX workloads_by_shape_free_key ON workloads (shape_free_key)")
    db.execute(
        """
        CREATE VIEW history AS
            SELECT trials.id AS trial, workloads.name AS workload, workloads.params,
                targets.text AS target, trials.threads, trials.outcome, trials.reason,
                trials.time_ns, trials.times_ns, trials.build_ms, trials.predicted,
                trials.created, trials.trace, trials.trace_key,
                workloads.key AS workload_key, sessions.id AS session
            FROM trials
            JOIN workloads ON workloads.id = trials.workload_id
            JOIN targets ON targets.id = trials.target_id
            JOIN sessions ON sessions.number = trials.session_number
        """
    )
    db.execute(
        """
        CREATE VIEW best AS
            SELECT history.* FROM history JOIN (
                SELECT id, row_number() OVER (
                    PARTITION BY workload_id, target_id, threads ORDER BY time_ns, id
                ) AS place FROM trials WHERE outcome = 'ok'
            ) AS placed ON placed.id = history.trial
            WHERE placed.place = 1
        """
    )


def version() -> int:
    """The schema version of this program: how many steps it knows."""
    return len(step_names())


@cache
def step_names() -> tuple[str, ...]:
    """The names of all steps, in order."""
    empty = Database(memory=True)
    try:
        return tuple(step.name for step in MIGRATIONS.pending(empty))
    finally:
        empty.close()
