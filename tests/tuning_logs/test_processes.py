"""Several processes on one file, and processes that are killed."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from autosched.errors import DatabaseError
from autosched.tuning_logs import TargetRecord, open_store

ROOT = Path(__file__).parents[2]
WRITER = Path(__file__).with_name("writer.py")


def start_writer(path: Path, target: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(WRITER), str(path), target, str(count)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def reported(writer: subprocess.Popen[str]) -> list[int]:
    output, _ = writer.communicate()
    # A process that was killed may have written half of its last line.
    return [int(line) for line in output.splitlines(keepends=True) if line.endswith("\n")]


def test_two_processes_write_one_new_file(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    writers = [start_writer(path, target, 150) for target in ("one", "two")]
    assert [reported(writer) for writer in writers] == [list(range(150))] * 2
    assert [writer.returncode for writer in writers] == [0, 0]
    with open_store(path) as store:
        assert store.verify() == []
        assert store.stats().trials == 300


def test_two_processes_that_meet_store_each_trial_once(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    writers = [start_writer(path, "same", 150) for _ in range(2)]
    stored = [number for writer in writers for number in reported(writer)]
    assert sorted(stored) == list(range(150))
    with open_store(path) as store:
        assert store.stats().trials == 150


def test_a_killed_writer_loses_nothing_it_reported(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    moments = random.Random(5)
    known: set[int] = set()
    for _ in range(6):
        writer = start_writer(path, "t", 100_000)
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(moments.randrange(1, 60))]
        writer.kill()
        numbers = {*map(int, lines), *reported(writer)}
        assert not numbers & known, "a trial was stored twice"
        known |= numbers
        with open_store(path) as store:
            assert store.verify() == []
            found = [int(record.trace[1:-1]) for record in store.trials()]
            # The one in flight may be stored and not yet reported.
            assert known <= set(found) <= {*known, len(found) - 1}
            assert found == list(range(len(found)))
            known = set(found)


def test_a_store_is_not_used_across_a_fork(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(tmp_path / "t.db")
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: -1)  # what a forked child sees
        with pytest.raises(DatabaseError, match="that opened it, got process -1"):
            store.add_target(TargetRecord(text="t"))
    store.close()
    with open_store(tmp_path / "t.db") as again:
        assert again.targets() == []
