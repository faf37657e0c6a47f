"""Ways to break a database, by accident or on purpose: each changes an intact file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

Breaking = Callable[[Path], None]

ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"
DEEP = "[" * 100_000
TERMINAL_ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e"


def sql(*statements: str, **values: object) -> Breaking:
    """Run SQL statements with named values."""

    def run(path: Path) -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        for statement in statements:
            connection.execute(statement, values)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    return run


def cell(table: str, column: str, value: object) -> Breaking:
    """Replace one cell of the first row of a table."""
    text = f"UPDATE {table} SET {column} = :value WHERE rowid = (SELECT min(rowid) FROM {table})"
    return sql(text, value=value)


def content(change: Callable[[bytes], bytes]) -> Breaking:
    """Change the bytes of the file."""

    def run(path: Path) -> None:
        sql("SELECT 1")(path)
        path.write_bytes(change(path.read_bytes()))

    return run


def _replaced(table: str, create: str) -> Breaking:
    return sql(f"DROP TABLE {table}", create)


CELLS: dict[str, Breaking] = {
    "truncated times": cell("trials", "times_ns", "["),
    "deeply nested times": cell("trials", "times_ns", DEEP),
    "times as an object": cell("trials", "times_ns", '{"1": 2}'),
    "times as a number": cell("trials", "times_ns", "5"),
    "times of text": cell("trials", "times_ns", '["5"]'),
    "infinite times": cell("trials", "times_ns", "[1e999]"),
    "times of many digits": cell("trials", "times_ns", f"[{'9' * 4000}]"),
    "times of too many digits": cell("trials", "times_ns", f"[{'9' * 5000}]"),
    "times of bytes": cell("trials", "times_ns", b"\xff\xfe"),
    "a wrong median": cell("trials", "time_ns", 1e-3),
    "a median of text": cell("trials", "time_ns", "fast"),
    "no median": cell("trials", "time_ns", None),
    "threads of text": cell("trials", "threads", "many"),
    "negative threads": cell("trials", "threads", -(2**63)),
    "an unknown outcome": cell("trials", "outcome", "great"),
    "text that is not UTF-8": sql("UPDATE trials SET trace = CAST(x'ff80fe' AS TEXT) WHERE id = 1"),
    "a trace of bytes": cell("trials", "trace", b"\x00" * 8),
    "a large cell": sql("UPDATE trials SET reason = CAST(zeroblob(40000000) AS TEXT) WHERE id = 1"),
    "a missing workload": sql("PRAGMA foreign_keys = OFF", "DELETE FROM workloads"),
    "a missing session": sql("PRAGMA foreign_keys = OFF", "DELETE FROM sessions"),
    "a missing target": sql("PRAGMA foreign_keys = OFF", "DELETE FROM targets"),
    "a workload of bytes": cell("workloads", "name", b"\x80"),
    "versions that are not JSON": cell("sessions", "versions", "{"),
    "a seed of text": cell("sessions", "seed", "x"),
    "a target that is not UTF-8": sql("UPDATE targets SET text = CAST(x'ff' AS TEXT)"),
}
"""Make a row unreadable, or all rows that refer to it."""

READABLE: dict[str, Breaking] = {
    "a trace that is not JSON": cell("trials", "trace", "no JSON"),
    "a deeply nested trace": cell("trials", "trace", DEEP),
    "a trace of another version": cell("trials", "trace", '{"version": 99, "steps": []}'),
    "deeply nested parameters": cell("workloads", "params", DEEP),
    "parameters that are a list": cell("workloads", "params", "[1]"),
    "a deeply nested content": cell("workloads", "content", DEEP),
    "a content of other JSON": cell("workloads", "content", '{"ops": [1], "format": 1}'),
    "a name with terminal escapes": cell("workloads", "name", TERMINAL_ESCAPES),
    "a reason with terminal escapes": cell("trials", "reason", TERMINAL_ESCAPES),
}
"""Leave all rows readable, but with an invalid meaning."""

SCHEMAS: dict[str, Breaking] = {
    **{
        f"no table {name}": sql("PRAGMA foreign_keys = OFF", f"DROP TABLE {name}")
        for name in ("workloads", "targets", "sessions", "trials", "claims")
    },
    "no list of migrations": sql("DROP TABLE _sqlite_migrations"),
    "other columns": _replaced("trials", "CREATE TABLE trials (id, note)"),
    "a view instead of a table": _replaced("trials", f"CREATE VIEW trials AS {ENDLESS}"),
    "computed columns": _replaced(
        "targets",
        "CREATE TABLE targets (id, text AS (printf('%.*c', 1000000000, 'x')), created)",
    ),
    "a list of migrations with other columns": _replaced(
        "_sqlite_migrations", "CREATE TABLE _sqlite_migrations (a)"
    ),
    "a missing migration": sql("DELETE FROM _sqlite_migrations WHERE name LIKE 'm0001%'"),
}
"""Remove or replace a table."""

FOREIGN: dict[str, Breaking] = {
    "an endless view history": sql("DROP VIEW history", f"CREATE VIEW history AS {ENDLESS}"),
    "an endless view best": sql("DROP VIEW best", f"CREATE VIEW best AS {ENDLESS}"),
    "no views": sql("DROP VIEW best", "DROP VIEW history"),
    "a view of another program": sql(f"CREATE VIEW theirs AS {ENDLESS}"),
    "a table of another program": sql("CREATE TABLE theirs (a)"),
    "a column of another program": sql("ALTER TABLE trials ADD COLUMN note TEXT"),
    "an index of another program": sql("CREATE INDEX theirs ON trials (created)"),
}
"""Keep our tables intact, and add or replace other things."""

DAMAGED: dict[str, Breaking] = {
    "zeroed in the middle": content(lambda b: b[:8192] + bytes(8192) + b[16384:]),
    "cut short": content(lambda b: b[: len(b) // 2]),
    "only a header": content(lambda b: b[:100]),
    "noise after the header": content(lambda b: b[:100] + bytes(range(256)) * (len(b) // 256)),
    "another file": content(lambda b: b"this is no database " * 500),
}
"""Damage the file so that SQLite itself detects it."""

EVERY = {**CELLS, **READABLE, **SCHEMAS, **FOREIGN, **DAMAGED}
