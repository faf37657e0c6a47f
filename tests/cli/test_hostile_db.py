"""Every command on damaged databases: a sentence, never a traceback."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest

from tests.cli.calling import call, refused
from tests.cli.conftest import TUNED
from tests.tuning_logs.hostile import CELLS, EVERY, READABLE, TERMINAL_ESCAPES, Breaking, cell, sql

READING = (
    ("best",), ("list",), ("stats",), ("verify",),
    ("query", "SELECT workload, reason, trace FROM history"), ("query", "SELECT * FROM best"),
)  # fmt: skip
RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
POISON = ("trials", "trace", '{"version":1,"steps":[["no_such_step",1]]}')


@pytest.mark.parametrize("breaking", EVERY.values(), ids=EVERY)
def test_reading_ends_with_a_sentence(database: Path, breaking: Breaking) -> None:
    breaking(database)
    for args in READING:
        done = call("db", *args, "--db", str(database))  # raises what is no sentence
        assert done.status in (0, 1, 2), args
        assert (done.status == 2) == (not done.out), args
        assert not RAW.search(done.out + done.err), args
        if args != ("list",):
            assert json.loads(call("db", *args, "--db", str(database), "--json").out)


@pytest.mark.parametrize("breaking", EVERY.values(), ids=EVERY)
def test_what_is_exported_can_be_imported(
    database: Path, tmp_path: Path, breaking: Breaking
) -> None:
    breaking(database)
    lines, other = tmp_path / "out.jsonl", ("--db", str(tmp_path / "other.db"))
    done = call("db", "export", str(lines), "--db", str(database), "--json")
    assert done.status in (0, 1, 2)
    if done.status != 2:
        assert (done.status == 1) == bool(done.document["left_out"])
        assert call("db", "import", str(lines), *other).status in (0, 1)
        assert call("db", "verify", *other).status == 0 or breaking in READABLE.values()


def test_broken_rows_are_told_with_a_count(database: Path) -> None:
    sql("UPDATE trials SET times_ns = '['")(database)
    said = r"3 rows of trials cannot be read; row \d: expected times_ns that are a JSON list"
    assert re.search(said, call("db", "best", "--db", str(database)).err)
    verified = call("db", "verify", "--db", str(database))
    assert re.search(said, verified.out)
    assert (verified.status, verified.err) == (1, "")
    assert re.search(said, call("db", "export", "-", "--db", str(database)).err)


def test_what_steers_a_terminal_is_escaped_everywhere(database: Path) -> None:
    cell("workloads", "name", TERMINAL_ESCAPES)(database)
    near = ("matmul", "m=12", "n=16", "k=9", "--threads", "1", "--db", str(database))
    shown = call("show", *near).err
    assert r"adapted from the best one of \x1b[2J" in shown
    assert not RAW.search(shown)
    for table, column in (("workloads", "name"), ("trials", "reason"), ("targets", "text")):
        cell(table, column, f"a{TERMINAL_ESCAPES}\nb")(database)
    sql("UPDATE trials SET outcome = :value, reason = :value", value=TERMINAL_ESCAPES)(database)
    for args in (*READING, ("export", "-"), ("forget", TERMINAL_ESCAPES)):
        for as_json in ((), ("--json",)):
            done = call("db", *args, *as_json, "--db", str(database))
            assert not RAW.search(done.out + done.err), args
    listed = call("db", "query", "SELECT workload FROM history", "--db", str(database)).out
    assert r"a\x1b[2J" in listed
    assert len(listed.splitlines()) == 4


def test_a_poisoned_best_is_passed_over_set_aside_and_found(database: Path) -> None:
    cell(*POISON)(database)
    sql("UPDATE trials SET times_ns = '[0.5]', time_ns = 0.5 WHERE id = 1")(database)
    db = ("--threads", "1", "--db", str(database))

    found = call("db", "verify", "--db", str(database))
    assert found.status == 1
    assert "its schedule does not apply: expected a primitive in step 0" in found.out

    shown = call("show", *TUNED, *db)
    assert "schedule tuned" in shown.err
    run = call("run", *TUNED, "--no-peers", *db, "--json")
    assert (run.status, run.document["schedule"]) == (0, "tuned")
    assert "is passed over, since it does not apply: expected a primitive" in run.err

    tuned = call("tune", *TUNED, "--trials", "1", *db, "--json")
    assert tuned.status == 0
    assert tuned.document["best"]["time_ns"] > 0.5
    assert "is passed over" in tuned.err
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT outcome, reason FROM trials WHERE id = 1").fetchall()
    connection.close()
    ((outcome, reason),) = rows
    assert outcome == "illegal"
    assert "0.5 ns were stored for it" in reason
    assert "is passed over" not in call("run", *TUNED, "--no-peers", *db, "--json").err


def test_what_cannot_be_replayed_is_not_imported(database: Path, tmp_path: Path) -> None:
    from autosched.tuning_logs import content_key

    sql(
        "UPDATE trials SET trace = :trace, trace_key = :key WHERE id = 1",
        trace=POISON[2],
        key=content_key(POISON[2]),
    )(database)
    lines = tmp_path / "out.jsonl"
    assert call("db", "export", str(lines), "--db", str(database)).status == 0
    for how in (("import", str(lines)), ("merge", str(database))):
        into = ("--db", str(tmp_path / f"{how[0]}.db"))
        done = call("db", *how, *into, "--json")
        assert (done.status, done.document["added"], done.document["refused"]) == (1, 2, 1)
        assert "expected a primitive in step 0" in done.document["reason"]
        assert "1 refused, since they do not apply" in call("db", *how, *into).out
        assert call("db", "verify", *into).status == 0


def test_triggers_stop_what_would_write(database: Path) -> None:
    sql("CREATE TRIGGER t AFTER DELETE ON trials BEGIN DELETE FROM targets; END")(database)
    for args in (("db", "prune", "--keep", "1"), ("db", "forget", "matmul"), ("tune", *TUNED)):
        assert "without triggers to write to, got t" in refused(*args, "--db", str(database))
    assert call("db", "best", "--db", str(database)).status == 0


def test_the_cases_are_two_dozen_and_more() -> None:
    assert len(EVERY) >= 24
    assert len({*CELLS, *READABLE}) >= 24
