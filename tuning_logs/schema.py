"""Compares the schema of a file with ours, and makes what stands in for the rest of it.

Nothing that a file defines is run: our views are made anew for each connection, where they
hide those of the file, and a file with triggers is not written to.
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database

from autosched.errors import DatabaseError
from autosched.tuning_logs.migrations import MIGRATIONS, schema

_NAMED = "SELECT name, sql FROM sqlite_master WHERE type = ?"


def applied_steps(db: Database) -> set[str]:
    """The names of our steps that made the file; empty where nothing of ours is in it."""
    if MIGRATIONS.migrations_table not in _named(db, "table"):
        return set()
    try:
        found = db.execute(
            f"SELECT name FROM {MIGRATIONS.migrations_table} WHERE migration_set = ?",
            (MIGRATIONS.name,),
        )
        return {str(name) for (name,) in found}
    except sqlite3.OperationalError as error:  # no such column
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
        return set()


def is_empty(db: Database) -> bool:
    """Whether the file has no table."""
    return not _named(db, "table").keys() - {MIGRATIONS.migrations_table}


def table_problems(db: Database, steps: set[str]) -> dict[str, str]:
    """For each table that these steps make and that is not as they make it, a sentence."""
    found = {**_named(db, "table"), **_named(db, "view")}
    problems = {}
    for name, (sql, step) in schema().tables.items():
        if step not in steps:
            continue
        if name not in found:
            problems[name] = f"expected the table {name}, got none"
        elif not str(found[name]).upper().startswith("CREATE TABLE"):
            problems[name] = f"expected {name} to be a table, got {str(found[name])[:40]!r}"
        elif lacking := _columns(sql) - _columns_of(db, name):
            names = ", ".join(sorted(lacking))
            problems[name] = f"expected the columns {names} in the table {name}, got none"
    return problems


def check_may_run(db: Database) -> None:
    """Raise `DatabaseError` where writing would run triggers, none of which is ours."""
    triggers = sorted(map(str, _named(db, "trigger")))
    if triggers:
        raise DatabaseError(
            f"expected a tuning database without triggers to write to, got {', '.join(triggers)}",
            hint="drop them, or export the records and import them into another file",
        )


def foreign_indexes(db: Database) -> set[str]:
    """The names of the file's indexes that we do not make; they may refuse what is written."""
    return _named(db, "index").keys() - schema().indexes


def foreign_views(db: Database) -> set[str]:
    """The names of the file's views that are not as we make them."""
    known = schema().older_views
    return {name for name, sql in _named(db, "view").items() if sql not in known.get(name, ())}


def stand_in(db: Database, steps: set[str], problems: dict[str, str]) -> None:
    """Make our views for this connection, and an empty table for each that cannot be read.

    They are temporary: nothing is written to the file.
    """
    for name, (sql, step) in schema().tables.items():
        if step not in steps or name in problems:
            db.execute(sql.replace("CREATE TABLE", "CREATE TEMP TABLE", 1))
    for sql in schema().views.values():
        db.execute(sql.replace("CREATE VIEW", "CREATE TEMP VIEW", 1))


def _named(db: Database, kind: str) -> dict[str, str]:
    return dict(db.execute(_NAMED, (kind,)).fetchall())


def _columns(sql: str) -> set[str]:
    with Database(memory=True) as db:
        (name,) = sql.split("(")[0].split()[2:3]
        db.execute(sql)
        return _columns_of(db, name)


def _columns_of(db: Database, table: str) -> set[str]:
    """The columns that are stored; what is computed when it is read is not among them."""
    found = db.execute("SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0", (table,))
    return {name for (name,) in found}
