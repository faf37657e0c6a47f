"""Broken databases: problems are reported and counted, and intact rows are read."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from autosched.errors import DatabaseError
from autosched.tuning_logs import MemoryStore, copy_records, open_store, query
from autosched.tuning_logs.conformance.samples import CPU, SMALL, fill, trial
from autosched.tuning_logs.sqlite_store import SqliteStore
from tests.tuning_logs.hostile import (
    CELLS,
    DAMAGED,
    ENDLESS,
    FOREIGN,
    READABLE,
    SCHEMAS,
    Breaking,
    sql,
)

WHOLE = [trial(number, time_ns=10.0 + number) for number in (1, 2, 3)]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("good") / "t.db"
    with open_store(path) as store:
        fill(store)
        for record in WHOLE:
            store.add_trial(record)
    return path


@pytest.fixture
def path(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(good, tmp_path / "t.db"))


def read_all(store: SqliteStore) -> list[str]:
    """Call every reading method; return the traces of the readable trials."""
    store.workloads(), store.targets(), store.sessions(), store.tasks(), store.stats()
    store.similar("@", CPU.text)
    store.measured(SMALL.key, CPU.text)
    assert len(store.top(SMALL.key, CPU.text, 5)) <= 3
    return [record.trace for record in store.trials()]


@pytest.mark.parametrize("breaking", CELLS.values(), ids=CELLS)
def test_unreadable_rows_are_skipped_counted_and_reported(
    path: Path, breaking: Breaking, caplog: pytest.LogCaptureFixture
) -> None:
    breaking(path)
    with open_store(path) as store:
        found = read_all(store)
        assert len(found) <= 3
        assert sum(map(len, store.unreadable.rows.values())) >= 1
        assert any("cannot be read" in sentence for sentence in store.verify())
    assert "cannot be read; row" in caplog.text


def test_the_best_is_the_fastest_readable_trial(path: Path) -> None:
    CELLS["a wrong median"](path)
    with open_store(path) as store:
        best = store.best(SMALL.key, CPU.text)
        assert best is not None
        assert best.trace == "[2]"


@pytest.mark.parametrize("breaking", READABLE.values(), ids=READABLE)
def test_rows_without_meaning_are_returned_unchanged(path: Path, breaking: Breaking) -> None:
    breaking(path)
    with open_store(path) as store:
        assert len(read_all(store)) == 3
        assert store.unreadable.sentences == []


@pytest.mark.parametrize("breaking", SCHEMAS.values(), ids=SCHEMAS)
def test_a_broken_schema_is_refused_and_salvaged(path: Path, breaking: Breaking) -> None:
    breaking(path)
    before = path.read_bytes()
    for read_only in (True, False):
        with pytest.raises(DatabaseError, match="expected"):
            open_store(path, read_only=read_only)
    with open_store(path, salvage=True) as store:
        assert store.table_problems
        assert set(store.table_problems) <= set(store.verify())
        copy_records(store, MemoryStore())
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "left"),
    [("no table sessions", 3), ("no list of migrations", 3), ("no table claims", 3),
     ("no table trials", 0), ("no table workloads", 0), ("no table targets", 0)],
)  # fmt: skip
def test_the_remaining_trials_are_salvaged(path: Path, name: str, left: int) -> None:
    SCHEMAS[name](path)
    copy = MemoryStore()
    with open_store(path, salvage=True) as store:
        assert copy_records(store, copy).added == left
    assert len(list(copy.trials())) == left


@pytest.mark.parametrize("breaking", FOREIGN.values(), ids=FOREIGN)
def test_foreign_views_are_not_run(path: Path, breaking: Breaking) -> None:
    breaking(path)
    with open_store(path) as store:
        assert len(read_all(store)) == 3
        for view in ("history", "best"):
            assert len(store.query(f"SELECT * FROM {view}").rows) in (1, 3)
        assert store.add_trial(trial(4))
        assert store.prune(2) == 2


def test_a_foreign_view_is_refused_and_reported(path: Path) -> None:
    sql(f"CREATE VIEW theirs AS {ENDLESS}", "CREATE VIEW over AS SELECT x FROM theirs")(path)
    with open_store(path) as store:
        for name in ("theirs", "main.theirs", "over"):
            with pytest.raises(DatabaseError, match="is prohibited"):
                store.query(f"SELECT x FROM {name}")
        assert "expected no view 'theirs' of another program; it is not used" in store.verify()


def test_a_file_with_triggers_is_read_and_not_written(path: Path) -> None:
    sql("CREATE TRIGGER theirs AFTER INSERT ON trials BEGIN DELETE FROM trials; END")(path)
    with open_store(path, read_only=True) as store:
        assert len(read_all(store)) == 3
    with pytest.raises(DatabaseError, match="without triggers to write to, got theirs"):
        open_store(path)


@pytest.mark.parametrize(
    "made", ["UNIQUE INDEX theirs ON trials (threads)", "INDEX theirs ON trials (abs(reason))"]
)
def test_an_index_that_refuses_a_trial_is_reported(tmp_path: Path, made: str) -> None:
    open_store(tmp_path / "t.db").close()
    sql(f"CREATE {made}")(tmp_path / "t.db")
    with open_store(tmp_path / "t.db") as store:
        fill(store, trial(1))
        assert len(read_all(store)) == 1
        if "UNIQUE" in made:
            with pytest.raises(DatabaseError, match="got theirs of another program"):
                store.add_trial(trial(2))


@pytest.mark.parametrize("breaking", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_reported(path: Path, breaking: Breaking) -> None:
    breaking(path)
    for salvage in (False, True):
        with (
            pytest.raises(DatabaseError, match=r"damaged file|another kind of file"),
            open_store(path, read_only=True, salvage=salvage) as store,
        ):
            read_all(store)


def test_rows_after_damage_are_salvaged(path: Path) -> None:
    with open_store(path) as store:
        for number in range(4, 404):
            store.add_trial(trial(number, trace=f"[{number}, {'1' * 500}]"))
        (page,) = store._db.execute("PRAGMA page_size").fetchone()
    content = bytearray(path.read_bytes())
    place = content.index(b"[200, 1") // page * page
    content[place : place + page] = bytes(page)
    path.write_bytes(content)
    with open_store(path, salvage=True) as store:
        found = [record.trace for record in store.trials()]
        assert 350 < len(found) < 403
        assert found[0] == "[1]"
        assert found[-1].startswith("[403,")
        assert any("damaged" in s or "malformed" in s for s in store.verify())


def test_a_query_has_a_maximum_size(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "MAX_ROWS", 1000)
    monkeypatch.setattr(query, "MAX_BYTES", 1 << 22)
    with open_store(path) as store:
        for endless in (ENDLESS, f"SELECT zeroblob(1000000) FROM ({ENDLESS})"):
            with pytest.raises(DatabaseError, match="at most 1000 rows of 4 MB"):
                store.query(endless)
        with pytest.raises(DatabaseError, match="too big"):
            store.query("SELECT zeroblob(1000000000)")


def test_a_device_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="got a device or a pipe"):
        open_store("/dev/zero")


def test_row_numbers_are_not_reused(path: Path) -> None:
    with open_store(path) as store:
        store.forget(SMALL.key)
        store.add_workload(SMALL)
        store.add_trial(trial(9))
        assert store.query("SELECT trial FROM history").rows == [(4,)]
        assert store._db.execute("PRAGMA foreign_keys").fetchone() == (1,)
        with pytest.raises(sqlite3.IntegrityError):
            store._db.execute("DELETE FROM workloads")
