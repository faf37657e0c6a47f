"""`autosched db`, every subcommand."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from autosched.errors import DatabaseError
from tests.cli.calling import call, refused
from tests.cli.conftest import TUNED

NONE_REFUSED = {"refused": 0, "reason": ""}
READING = [
    ("best",), ("list",), ("stats",), ("verify",), ("query", "SELECT 1"), ("export", "out.jsonl"),
    ("prune", "--keep", "1"), ("forget", "matmul"),
]  # fmt: skip


def test_best(database: Path) -> None:
    done = call("db", "best", "--db", str(database), "--json")
    (best,) = done.document["best"]
    assert best["workload"] == "matmul"
    assert best["params"]["m"] == 12
    assert (best["threads"], best["trials"]) == (1, 3)
    assert best["time_ns"] > 0
    assert best["trace"]["steps"]
    assert "matmul" in call("db", "best", "--db", str(database)).out


def test_best_of_one_workload(database: Path) -> None:
    assert len(call("db", "best", *TUNED, "--db", str(database), "--json").document["best"]) == 1
    other = call("db", "best", "matmul", "m=1", "n=1", "k=1", "--db", str(database), "--json")
    assert (other.status, other.document) == (1, {"best": []})
    assert "did you mean matmul" in refused("db", "best", "matmull", "--db", str(database))


def test_list(database: Path) -> None:
    (task,) = call("db", "list", "--db", str(database), "--json").document["tasks"]
    assert (task["trials"], task["failures"], task["workload"]) == (3, 0, "matmul")
    assert call("db", "list", "--db", str(database)).out.startswith("workload")


def test_stats(database: Path) -> None:
    document = call("db", "stats", "--db", str(database), "--json").document
    assert (document["workloads"], document["trials"], document["by_outcome"]) == (1, 3, {"ok": 3})
    text = call("db", "stats", "--db", str(database)).out
    assert "matmul" in text
    assert str(database) in text


def test_query(database: Path) -> None:
    sql = "SELECT workload, time_ns FROM best WHERE threads = ?"
    document = call("db", "query", sql, "1", "--db", str(database), "--json").document
    assert document["columns"] == ["workload", "time_ns"]
    assert document["rows"][0]["workload"] == "matmul"
    assert "matmul" in call("db", "query", sql, "1", "--db", str(database)).out


@pytest.mark.parametrize(
    "sql", ["DELETE FROM trials", "SELECT nothing", "bogus", "", "SELECT 1; SELECT 2", "SELECT ?"]
)
def test_what_is_no_select(sql: str, database: Path) -> None:
    before = database.read_bytes()
    assert "expected one SELECT" in refused("db", "query", sql, "--db", str(database))
    assert database.read_bytes() == before


def test_export_and_import(database: Path, tmp_path: Path) -> None:
    lines, copy = tmp_path / "out.jsonl", tmp_path / "new.db"
    done = call("db", "export", str(lines), "--db", str(database), "--json")
    assert done.document == {"file": str(lines), "records": 6, "left_out": []}
    added = call("db", "import", str(lines), "--db", str(copy), "--json")
    assert added.document == {"file": str(lines), "added": 3, "known": 0, **NONE_REFUSED}
    again = call("db", "import", str(lines), "--db", str(copy))
    assert again.out == "0 trials added, 3 known already\n"
    best = [call("db", "best", "--db", str(p), "--json").document for p in (database, copy)]
    assert best[0] == best[1]


def test_export_to_standard_output(database: Path) -> None:
    out = call("db", "export", "-", "--db", str(database)).out
    assert [json.loads(line).get("kind") for line in out.splitlines()][1:3] == [
        "workload",
        "target",
    ]
    done = call("db", "export", "-", "--db", str(database), "--json")
    assert done.status == 2
    assert "expected a FILE" in done.document["error"]["message"]


def test_files_that_cannot_be_imported(database: Path, tmp_path: Path) -> None:
    db = ("--db", str(tmp_path / "new.db"))
    assert "expected a file of JSON lines" in refused("db", "import", str(tmp_path / "no"), *db)
    assert "lines of less than 32 MB" in refused("db", "import", "/dev/zero", *db)
    text = tmp_path / "text"
    text.write_text("hello\n")
    assert "expected a JSON object" in refused("db", "import", str(text), *db)
    assert "expected a file of JSON lines" in refused("db", "import", str(database), *db)
    assert "expected a file to write to" in refused(
        "db", "export", str(tmp_path / "no" / "file"), "--db", str(database)
    )


def test_export_takes_the_place_of_no_database(database: Path, tmp_path: Path) -> None:
    before = database.read_bytes()
    linked = tmp_path / "linked"
    linked.symlink_to(database)
    for name in (database, linked, shutil.copy(database, tmp_path / "other.db")):
        said = refused("db", "export", str(name), "--db", str(database))
        assert "expected a file for lines of JSON, got a database" in said
    assert database.read_bytes() == before


def test_an_export_that_fails_leaves_the_older_file(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = tmp_path / "out.jsonl"
    lines.write_text("older\n")

    def failing(store: object) -> Iterator[str]:
        yield "half"
        raise DatabaseError("expected an intact tuning database, got a damaged file")

    with monkeypatch.context() as patched:
        patched.setattr("autosched.tuning_logs.export_lines", failing)
        refused("db", "export", str(lines), "--db", str(database))
    assert lines.read_text() == "older\n"
    assert {path.name for path in tmp_path.iterdir()} <= {"out.jsonl", *_files(database)}


def _files(database: Path) -> set[str]:
    """Return the names of a database's files; SQLite makes two beside it."""
    return {f"{database.name}{suffix}" for suffix in ("", "-wal", "-shm")}


def test_merge(database: Path, tmp_path: Path) -> None:
    into = tmp_path / "into.db"
    done = call("db", "merge", str(database), "--db", str(into), "--json")
    assert done.document == {"from": str(database), "added": 3, "known": 0, **NONE_REFUSED}
    assert call("db", "merge", str(database), "--db", str(into)).out.startswith("0 trials added")
    assert "got" in refused("db", "merge", str(into), "--db", str(into))
    assert "got no file" in refused("db", "merge", str(tmp_path / "no.db"), "--db", str(into))


def test_prune(database: Path) -> None:
    best = call("db", "best", "--db", str(database), "--json").document["best"][0]["time_ns"]
    done = call("db", "prune", "--keep", "1", "--db", str(database), "--json")
    assert done.document == {"removed": 2, "left": 1}
    left = call("db", "best", "--db", str(database), "--json").document["best"][0]["time_ns"]
    assert left == best
    assert "is not in the range" in refused("db", "prune", "--keep", "0", "--db", str(database))
    assert "Missing option '--keep'" in refused("db", "prune", "--db", str(database))


def test_forget(database: Path) -> None:
    db = ("--db", str(database))
    other = call("db", "forget", "matmul", "m=13", *db, "--json")
    assert (other.status, other.document) == (1, {"workloads": [], "removed": 0})
    elsewhere = call("db", "forget", "matmul", "--target", "vta", *db, "--json").document
    assert elsewhere["removed"] == 0
    key = call("db", "list", *db, "--json").document["tasks"][0]["key"]
    copy = shutil.copy(database, database.with_name("other.db"))
    assert call("db", "forget", key[:8], "--db", copy, "--json").document["removed"] == 3
    done = call("db", "forget", *TUNED, *db)
    assert (done.status, done.out) == (0, "3 trials of 1 workloads removed\n")
    stats = call("db", "stats", *db, "--json").document
    assert (stats["workloads"], stats["trials"]) == (0, 0)
    again = call("tune", *TUNED, "--trials", "1", "--threads", "1", *db, "--json")
    assert (again.status, again.document["trials"]) == (0, 1)


def test_verify(database: Path) -> None:
    done = call("db", "verify", "--db", str(database), "--json")
    assert (done.status, done.document) == (0, {"problems": []})
    import sqlite3

    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE trials SET trace = 'no json'")
    connection.close()
    broken = call("db", "verify", "--db", str(database))
    assert broken.status == 1
    assert "expected a trace that is JSON" in broken.out
    assert "its schedule does not apply" in broken.out


@pytest.mark.parametrize("args", READING, ids=" ".join)
def test_databases_that_are_none(
    args: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    absent = tmp_path / "absent.db"
    assert "got no file" in refused("db", *args, "--db", str(absent))
    assert not absent.exists()
    text = tmp_path / "text.db"
    text.write_text("this is no database " * 100)
    assert "another kind of file" in refused("db", *args, "--db", str(text))
    assert "got a directory" in refused("db", *args, "--db", str(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_database_that_is_read_only(database: Path) -> None:
    database.chmod(0o444)
    assert call("db", "best", "--db", str(database)).status == 0
    assert "got a read-only one" in refused("db", "prune", "--keep", "1", "--db", str(database))
