"""Checks the schema of a file, and creates temporary tables and views for a connection.

Views and triggers of a file are never run: each connection has our own temporary views, which
hide the file's views of the same names, and a file with triggers is not written to.
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database

from autosched.errors import DatabaseError
from autosched.tuning_logs.migrations import MIGRATIONS, schema

_NAMED = "SELECT name, sql FROM sqlite_master WHERE type = ?"


def applied_steps(db: Database) -> set[str]:
    """Return the names of our migrations that were applied to the file."""
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
    """Return whether the file has no tables."""
    return not _named(db, "table").keys() - {MIGRATIONS.migrations_table}


def table_problems(db: Database, steps: set[str]) -> dict[str, str]:
    """Return one sentence for each table that the migrations `steps` create and the file lacks.

    The key is the table's name. A table with missing columns, or a view of its name, counts.
    """
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


def check_no_triggers(db: Database) -> None:
    """Raise `DatabaseError` if the file has triggers; autosched creates none."""
    triggers = sorted(map(str, _named(db, "trigger")))
    if triggers:
        raise DatabaseError(
            f"expected a tuning database without triggers to write to, got {', '.join(triggers)}",
            hint="drop the triggers, or export the records and import them into another file",
        )


def foreign_indexes(db: Database) -> set[str]:
    """Return the names of indexes that autosched did not create; they may refuse new rows."""
    return _named(db, "index").keys() - schema().indexes


def foreign_views(db: Database) -> set[str]:
    """Return the names of views that differ from those that autosched creates."""
    known = schema().older_views
    return {name for name, sql in _named(db, "view").items() if sql not in known.get(name, ())}


def create_temporary(db: Database, steps: set[str], problems: dict[str, str]) -> None:
    """Create our views for this connection, and an empty table for each unreadable one.

    A table is unreadable if it is in `problems` or not among those that `steps` create. All of
    them are temporary: nothing is written to the file.
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
    """Return the stored columns of a table, without those computed when they are read."""
    found = db.execute("SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0", (table,))
    return {name for (name,) in found}
