"""Files of other programs or versions, locked files, and files that may not be written."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sqlite_utils import Database

from autosched.errors import DatabaseError
from autosched.tuning_logs import TargetRecord, connection, open_store
from autosched.tuning_logs.conformance.samples import CPU, SMALL, fill, trial
from autosched.tuning_logs.failures import translated_errors
from autosched.tuning_logs.migrations import MIGRATIONS, schema, version
from autosched.tuning_logs.schema import applied_steps
from autosched.tuning_logs.sqlite_store import SqliteStore

ROOT = Path(__file__).parents[2]


def create(path: Path) -> None:
    with open_store(path) as store:
        fill(store, trial(1, time_ns=5.0))


def test_the_directory_is_created(tmp_path: Path) -> None:
    create(tmp_path / "not" / "yet" / "t.db")
    with open_store(tmp_path / "not" / "yet" / "t.db", read_only=True) as store:
        assert store.stats().trials == 1


def test_the_file_has_a_write_ahead_log_and_foreign_keys(tmp_path: Path) -> None:
    create(tmp_path / "t.db")
    with Database(str(tmp_path / "t.db")) as db:
        assert db.journal_mode == "wal"
        assert len(db.table("trials").foreign_keys) == 3


def test_another_kind_of_file_is_refused_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database " * 100)
    for read_only in (False, True):
        with pytest.raises(DatabaseError, match="got another kind of file"):
            open_store(path, read_only=read_only)
    assert path.read_text() == "not a database " * 100


def test_a_database_of_another_program_is_refused_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    with Database(str(path)) as db:
        db.table("mails").create({"id": int})
    before = path.read_bytes()
    with pytest.raises(DatabaseError, match="got an SQLite file of another program"):
        open_store(path)
    assert path.read_bytes() == before


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"got a directory(.|\n)*hint: name a file in it"):
        open_store(tmp_path)


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match="expected a directory for the tuning database"):
        open_store(tmp_path / "file" / "t.db")


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    (tmp_path / "t.db").touch()
    create(tmp_path / "t.db")


def test_reading_creates_no_file(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="got no file at"):
        open_store(tmp_path / "t.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_store_refuses_to_write(tmp_path: Path) -> None:
    create(tmp_path / "t.db")
    with open_store(tmp_path / "t.db", read_only=True) as store:
        assert store.read_only
        assert store.best(SMALL.key, CPU.text) == trial(1, time_ns=5.0, created=_created(store))
        with pytest.raises(DatabaseError, match="got a read-only one"):
            store.add_target(TargetRecord(text="t"))


def _created(store: SqliteStore) -> str:
    return next(store.trials()).created


_AS_NOBODY = """
import os, sys
from importlib.metadata import entry_points
entry_points()  # other users may not read the files of this Python, which opening a database loads
from autosched.errors import DatabaseError
from autosched.tuning_logs import TargetRecord
from autosched.tuning_logs.schema import applied_steps
from autosched.tuning_logs.sqlite_store import SqliteStore
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
with SqliteStore(sys.argv[1]) as store:
    print(store.read_only, store.stats().trials, len(store.query("SELECT * FROM best").rows))
    try:
        store.add_target(TargetRecord(text="t"))
    except DatabaseError as error:
        print(error.message)
try:
    SqliteStore(sys.argv[1] + ".new")
except DatabaseError as error:
    print(error.message)
"""


def test_a_read_only_directory_can_be_read() -> None:
    with tempfile.TemporaryDirectory() as folder:  # other users may not read tmp_path
        path = Path(folder) / "t.db"
        create(path)
        path.chmod(0o444)
        os.chmod(folder, 0o555)
        done = subprocess.run(
            [sys.executable, "-c", _AS_NOBODY, str(path)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        os.chmod(folder, 0o755)
    assert done.stderr == ""
    refusal = "expected a tuning database that can be written, got a read-only one: "
    assert done.stdout.splitlines() == [
        "True 1 1",
        f"{refusal}{path}",
        f"{refusal}{path}.new",
    ]


def test_a_locked_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    create(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with SqliteStore(path, timeout_s=0.05) as store:
        with pytest.raises(DatabaseError, match=r"free within 0\.05 s"):
            store.add_target(TargetRecord(text="t"))
        assert store.targets() == [store.targets()[0]]  # readers do not wait
        holder.execute("COMMIT")
        assert store.add_target(TargetRecord(text="t"))
    holder.close()


def test_damage_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with open_store(path) as store:
        fill(store)
        for number in range(300):
            store.add_trial(trial(number))
    content = bytearray(path.read_bytes())
    content[8192:-4096] = bytes(len(content) - 12288)
    path.write_bytes(content)
    with pytest.raises(DatabaseError, match="got a damaged file"), open_store(path) as store:
        list(store.trials())


def test_a_full_disk_may_be_that_of_temporary_files(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "t.db")
    db.execute("PRAGMA max_page_count = 1")
    with (
        pytest.raises(DatabaseError, match=r"got a full disk(.|\n)*hint: .* TMPDIR"),
        translated_errors(tmp_path / "t.db", 1.0),
    ):
        db.execute("CREATE TABLE t (a)")
    db.close()


@pytest.mark.parametrize("last", range(version()))
def test_every_older_version_is_migrated(tmp_path: Path, last: int) -> None:
    path = tmp_path / "t.db"
    make_version(path, last)
    create(path)
    with Database(str(path)) as db:
        assert [step.name for step in MIGRATIONS.applied(db)] == list(schema().steps)
    with open_store(path) as store:
        assert store.stats().trials == 1
        assert len(store.query("SELECT * FROM best").rows) == 1


def test_an_older_version_is_read_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    make_version(path, version() - 1)
    with Database(str(path)) as db:
        db.execute("INSERT INTO targets (text, created) VALUES ('old', '')")
    before = path.read_bytes()
    with open_store(path, read_only=True) as store:
        assert [target.text for target in store.targets()] == ["old"]
        assert store.tasks() == []
        assert store.query("SELECT * FROM best").rows == []
    assert path.read_bytes() == before


def make_version(path: Path, steps: int) -> None:
    with Database(str(path)) as db:
        MIGRATIONS.apply(db, stop_before=schema().steps[steps])


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    create(path)
    with Database(str(path)) as db:
        db.table("_sqlite_migrations").insert(
            {"migration_set": "autosched", "name": "m9999_later", "applied_at": ""}
        )
    with pytest.raises(DatabaseError, match=r"got a later one \(m9999_later\)"):
        open_store(path)


def test_a_file_that_another_process_creates_meanwhile_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checks of the schema see one state of the file."""
    path = tmp_path / "t.db"
    with Database(str(path)) as db:
        db.enable_wal()  # so that creating the tables waits for no reader
    meanwhile = [lambda: open_store(path).close()]

    def read(db: Database) -> set[str]:
        steps = applied_steps(db)
        if meanwhile:
            meanwhile.pop()()
        return steps

    monkeypatch.setattr(connection, "applied_steps", read)
    create(path)
    assert meanwhile == []
