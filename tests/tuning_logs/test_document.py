"""docs/database.md describes the actual schema."""

import re
from pathlib import Path

import pytest
from sqlite_utils import Database

from autosched.tuning_logs import OUTCOMES
from autosched.tuning_logs.conformance.samples import fill, trial
from autosched.tuning_logs.migrations import MIGRATIONS
from autosched.tuning_logs.sqlite_store import SqliteStore

DOCUMENT = (Path(__file__).parents[2] / "docs" / "database.md").read_text()
(EXAMPLES,) = re.findall(r"```sql\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.mark.parametrize("name", ["workloads", "targets", "sessions", "history"])
def test_every_column_is_documented(name: str) -> None:
    db = Database(memory=True)
    MIGRATIONS.apply(db)
    (entry,) = re.findall(rf"^- `{name}`: (.*?)(?=\n- |\n\n)", DOCUMENT, re.DOTALL | re.MULTILINE)
    rows_only = {"number"} if name == "sessions" else {"id"}
    columns = {column.name for column in db[name].columns} - rows_only
    db.close()
    assert [column for column in sorted(columns) if f"`{column}`" not in entry] == []


def test_every_outcome_is_documented() -> None:
    assert [outcome for outcome in OUTCOMES if f"`{outcome}`" not in DOCUMENT] == []


@pytest.mark.parametrize("sql", EXAMPLES.strip().split(";\n\n"))
def test_every_example_gives_rows(sql: str, tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "t.db") as store:
        fill(store, trial(1))
        assert len(store.query(sql).rows) == 1
