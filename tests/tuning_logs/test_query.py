from collections.abc import Iterator
from pathlib import Path

import pytest

from autosched.errors import DatabaseError
from autosched.tuning_logs.conformance.samples import fill, trial
from autosched.tuning_logs.sqlite_store import SqliteStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "t.db") as store:
        fill(store)
        for number in (3, 1, 2):
            store.add_trial(trial(number))
        store.add_trial(trial(4, outcome="timeout", reason="10 s"))
        yield store


def test_the_view_best_has_one_row_a_task(store: SqliteStore) -> None:
    store.add_trial(trial(2, threads=2))
    found = store.query("SELECT workload, params, threads, time_ns FROM best ORDER BY threads")
    assert found.columns == ("workload", "params", "threads", "time_ns")
    assert found.rows == [("matmul", '{"m": 8}', 1, 2.0), ("matmul", '{"m": 8}', 2, 3.0)]


def test_parameters_and_common_tables(store: SqliteStore) -> None:
    sql = "WITH slow AS (SELECT * FROM history WHERE time_ns > ?) SELECT count(*) FROM slow"
    assert store.query(sql, (2.5,)).rows == [(2,)]
    assert store.query("SELECT outcome, reason FROM history WHERE trace = '[4]'").rows == [
        ("timeout", "10 s")
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM trials",
        "UPDATE trials SET time_ns = 1",
        "DROP VIEW best",
        "CREATE TEMP TABLE t (x)",
        "WITH x AS (SELECT 1) DELETE FROM trials",
        "DELETE FROM trials RETURNING id",
        "PRAGMA journal_mode = delete",
        "ATTACH DATABASE 'other.db' AS other",
        "VACUUM INTO 'copy.db'",
        "BEGIN",
        "BEGIN IMMEDIATE",
        "SELECT 1; DELETE FROM trials",
    ],
)
def test_a_statement_that_writes_is_refused(
    store: SqliteStore, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with SqliteStore(store.path, read_only=True) as reader:
        for opened in (store, reader):
            with pytest.raises(DatabaseError, match="expected one SELECT statement, got"):
                opened.query(sql)
    assert store.stats().trials == 4
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELEC 1", 'near "SELEC": syntax error'),
        ("SELECT speed FROM best", "no such column: speed"),
        ("SELECT * FROM nowhere", "no such table: nowhere"),
        ("SELECT ?", "Incorrect number of bindings"),
        ("", "no rows"),
        ("DROP TABLE trials", "got one that does more than read the tables"),
    ],
)
def test_an_invalid_statement_is_reported(store: SqliteStore, sql: str, found: str) -> None:
    with pytest.raises(DatabaseError, match=found):
        store.query(sql)


def test_a_query_leaves_the_store_writable(store: SqliteStore) -> None:
    store.query("SELECT 1")
    with pytest.raises(DatabaseError):
        store.query("DELETE FROM trials")
    assert store.add_trial(trial(9))
