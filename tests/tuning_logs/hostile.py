"""Databases that somebody broke, by accident or with intent: what is done to a good file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

Breaking = Callable[[Path], None]

ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"
DEEP = "[" * 100_000
STEERING = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e"


def sql(*statements: str, **values: object) -> Breaking:
    """Runs SQL; `:name` stands for a value."""

    def run(path: Path) -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        for statement in statements:
            connection.execute(statement, values)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    return run


def cell(table: str, column: str, value: object) -> Breaking:
    """Replaces one cell of the first row of a table."""
    text = f"UPDATE {table} SET {column} = :value WHERE rowid = (SELECT min(rowid) FROM {table})"
    return sql(text, value=value)


def content(change: Callable[[bytes], bytes]) -> Breaking:
    """Changes the bytes of the file."""

    def run(path: Path) -> None:
        sql("SELECT 1")(path)
        path.write_bytes(change(path.read_bytes()))

    return run


def _made_otherwise(table: str, made: str) -> Breaking:
    return sql(f"DROP TABLE {table}", made)


CELLS: dict[str, Breaking] = {
    "times that do not end": cell("trials", "times_ns", "["),
    "times nested deeply": cell("trials", "times_ns", DEEP),
    "times as an object": cell("trials", "times_ns", '{"1": 2}'),
    "times as a number": cell("trials", "times_ns", "5"),
    "times of text": cell("trials", "times_ns", '["5"]'),
    "times without end": cell("trials", "times_ns", "[1e999]"),
    "times of many digits": cell("trials", "times_ns", f"[{'9' * 4000}]"),
    "times of too many digits": cell("trials", "times_ns", f"[{'9' * 5000}]"),
    "times of bytes": cell("trials", "times_ns", b"\xff\xfe"),
    "a median that is a lie": cell("trials", "time_ns", 1e-3),
    "a median of text": cell("trials", "time_ns", "fast"),
    "no median": cell("trials", "time_ns", None),
    "threads of text": cell("trials", "threads", "many"),
    "threads below one": cell("trials", "threads", -(2**63)),
    "an outcome unheard of": cell("trials", "outcome", "great"),
    "text in no encoding": sql("UPDATE trials SET trace = CAST(x'ff80fe' AS TEXT) WHERE id = 1"),
    "a trace of bytes": cell("trials", "trace", b"\x00" * 8),
    "a large cell": sql("UPDATE trials SET reason = CAST(zeroblob(40000000) AS TEXT) WHERE id = 1"),
    "a workload that is gone": sql("PRAGMA foreign_keys = OFF", "DELETE FROM workloads"),
    "a session that is gone": sql("PRAGMA foreign_keys = OFF", "DELETE FROM sessions"),
    "a target that is gone": sql("PRAGMA foreign_keys = OFF", "DELETE FROM targets"),
    "a workload of bytes": cell("workloads", "name", b"\x80"),
    "versions that are no JSON": cell("sessions", "versions", "{"),
    "a seed of text": cell("sessions", "seed", "x"),
    "a target in no encoding": sql("UPDATE targets SET text = CAST(x'ff' AS TEXT)"),
}
"""Of these a row, or all rows that refer to it, cannot be read."""

READABLE: dict[str, Breaking] = {
    "a trace that is no JSON": cell("trials", "trace", "no JSON"),
    "a trace nested deeply": cell("trials", "trace", DEEP),
    "a trace of another version": cell("trials", "trace", '{"version": 99, "steps": []}'),
    "parameters that are no JSON": cell("workloads", "params", DEEP),
    "parameters that are a list": cell("workloads", "params", "[1]"),
    "a content that is no JSON": cell("workloads", "content", DEEP),
    "a content of other JSON": cell("workloads", "content", '{"ops": [1], "format": 1}'),
    "a name that steers": cell("workloads", "name", STEERING),
    "a reason that steers": cell("trials", "reason", STEERING),
}
"""Of these all rows can be read, but something does not mean what it should."""

SCHEMAS: dict[str, Breaking] = {
    **{
        f"no table {name}": sql("PRAGMA foreign_keys = OFF", f"DROP TABLE {name}")
        for name in ("workloads", "targets", "sessions", "trials", "claims")
    },
    "no list of steps": sql("DROP TABLE _sqlite_migrations"),
    "other columns": _made_otherwise("trials", "CREATE TABLE trials (id, note)"),
    "a view for a table": _made_otherwise("trials", f"CREATE VIEW trials AS {ENDLESS}"),
    "columns that are computed": _made_otherwise(
        "targets",
        "CREATE TABLE targets (id, text AS (printf('%.*c', 1000000000, 'x')), created)",
    ),
    "steps of other columns": _made_otherwise(
        "_sqlite_migrations", "CREATE TABLE _sqlite_migrations (a)"
    ),
    "steps with a gap": sql("DELETE FROM _sqlite_migrations WHERE name LIKE 'm0001%'"),
}
"""Of these a table is gone or is another one."""

FOREIGN: dict[str, Breaking] = {
    "a view history that never ends": sql("DROP VIEW history", f"CREATE VIEW history AS {ENDLESS}"),
    "a view best that never ends": sql("DROP VIEW best", f"CREATE VIEW best AS {ENDLESS}"),
    "no views": sql("DROP VIEW best", "DROP VIEW history"),
    "a view beside ours": sql(f"CREATE VIEW theirs AS {ENDLESS}"),
    "a table beside ours": sql("CREATE TABLE theirs (a)"),
    "a column beside ours": sql("ALTER TABLE trials ADD COLUMN note TEXT"),
    "an index beside ours": sql("CREATE INDEX theirs ON trials (created)"),
}
"""Of these everything of ours is whole, and what is not ours is let alone."""

DAMAGED: dict[str, Breaking] = {
    "zeroed in the middle": content(lambda b: b[:8192] + bytes(8192) + b[16384:]),
    "cut short": content(lambda b: b[: len(b) // 2]),
    "only a header": content(lambda b: b[:100]),
    "noise after the header": content(lambda b: b[:100] + bytes(range(256)) * (len(b) // 256)),
    "another file": content(lambda b: b"this is no database " * 500),
}
"""Of these SQLite itself finds that they are broken."""

EVERY = {**CELLS, **READABLE, **SCHEMAS, **FOREIGN, **DAMAGED}
