"""The schema, as numbered migrations. Never change a released one; add another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest

from sqlite_utils import Database, Migrations

MIGRATIONS = Migrations("autosched")


@MIGRATIONS()
def m0001_tables(db: Database) -> None:
    """Create the tables of workloads, targets, sessions and trials.

    The thread count is part of a trial's unique key: the same schedule on two threads is
    another measurement. `time_ns` is the median of `times_ns`, so that SQL can order by it.
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
    """Create the views for queries, and the index that finds the best trial in one lookup.

    `history` shows every trial with names instead of ids; `best` shows its fastest row for
    each workload, target and thread count.
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


@MIGRATIONS()
def m0003_ids_for_ever(db: Database) -> None:
    """Never reuse a row id, so that the number of a trial stays unique.

    SQLite accepts AUTOINCREMENT only in CREATE TABLE, so each table is created again. With
    legacy_alter_table a rename does not change the references of other tables.
    """
    db.execute("PRAGMA legacy_alter_table = ON")
    for name in ("workloads", "targets", "sessions", "trials"):
        found = db.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql NOT NULL ORDER BY rowid",
            (name,),
        )
        made, *indexes = (sql for (sql,) in found.fetchall())
        db.execute(f"ALTER TABLE {name} RENAME TO old_{name}")
        db.execute(made.replace("INTEGER PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT"))
        db.execute(f"INSERT INTO {name} SELECT * FROM old_{name}")
        db.execute(f"DROP TABLE old_{name}")
        for sql in indexes:
            db.execute(sql)
    db.execute("PRAGMA legacy_alter_table = OFF")


@MIGRATIONS()
def m0004_claims(db: Database) -> None:
    """Create the table of claims: candidates being measured, which other processes skip.

    `owner` identifies the process that claimed a candidate, to detect that it has ended.
    """
    db.execute(
        """
        CREATE TABLE claims (
            workload_id INTEGER NOT NULL REFERENCES workloads(id),
            target_id INTEGER NOT NULL REFERENCES targets(id),
            threads INTEGER NOT NULL,
            trace_key TEXT NOT NULL,
            session_number INTEGER NOT NULL REFERENCES sessions(number),
            owner TEXT NOT NULL,
            claimed TEXT NOT NULL,
            PRIMARY KEY (workload_id, target_id, threads, trace_key)
        )
        """
    )


@MIGRATIONS()
def m0005_rows_that_refer_to_nothing(db: Database) -> None:
    """Show trials whose workload, target or session is missing in `history`, with nulls."""
    (made,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'history'").fetchone()
    db.execute("DROP VIEW history")
    db.execute(made.replace(" JOIN ", " LEFT JOIN "))


@MIGRATIONS()
def m0006_network_times(db: Database) -> None:
    """Create the table of the times of trials inside a network, and show them in `history`.

    It is a table of its own, so that an older file can be read: a table it lacks is empty.
    """
    db.execute(
        """
        CREATE TABLE network_times (
            trial_id INTEGER PRIMARY KEY REFERENCES trials(id) ON DELETE CASCADE,
            time_ns REAL NOT NULL
        )
        """
    )
    (made,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'history'").fetchone()
    db.execute("DROP VIEW history")
    column = "network_times.time_ns AS network_ns"
    joined = "LEFT JOIN network_times ON network_times.trial_id = trials.id"
    db.execute(f"{made.replace('trials.created,', f'trials.created, {column},')} {joined}")


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables, views and indexes that the migrations create, by name.

    `steps` are the names of the migrations. `tables` maps a table to its SQL and the migration
    that created it, `views` a view to its SQL, and `older_views` a view to its SQL in every
    version. `indexes` are names.
    """

    steps: tuple[str, ...]
    tables: Mapping[str, tuple[str, str]]
    views: Mapping[str, str]
    older_views: Mapping[str, Collection[str]]
    indexes: Collection[str]


@cache
def schema() -> Schema:
    """Return the schema of this version of autosched."""
    with Database(memory=True) as db:
        steps = tuple(step.name for step in MIGRATIONS.pending(db))
        made_by: dict[str, str] = {}
        older: defaultdict[str, list[str]] = defaultdict(list)
        for step, following in zip_longest(steps, steps[1:]):
            MIGRATIONS.apply(db, stop_before=following)
            for name in _made(db, "table"):
                made_by.setdefault(name, step)
            for name, sql in _made(db, "view").items():
                older[name].append(sql)
        tables = {name: (sql, made_by[name]) for name, sql in _made(db, "table").items()}
        return Schema(steps, tables, _made(db, "view"), older, {*_made(db, "index")})


def _made(db: Database, kind: str) -> dict[str, str]:
    """Return the SQL of the tables, views or indexes of a database, by name."""
    found = db.execute("SELECT name, sql FROM sqlite_master WHERE type = ?", (kind,)).fetchall()
    others = ("sqlite_sequence", MIGRATIONS.migrations_table)
    return {name: sql for name, sql in found if name not in others}


def version() -> int:
    """Return the schema version of this version of autosched: the number of migrations."""
    return len(schema().steps)
