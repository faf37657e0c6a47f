"""Several processes that use one file, and killed processes."""

import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autosched.errors import DatabaseError
from autosched.tuning_logs import TargetRecord, open_store, process
from autosched.tuning_logs.conformance.samples import (
    OTHER_SESSION,
    SESSION,
    claim,
    fill,
)
from autosched.tuning_logs.records import utc_text

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
    # A killed process may have written half of its last line.
    return [int(line) for line in output.splitlines(keepends=True) if line.endswith("\n")]


def test_two_processes_write_one_new_file(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    writers = [start_writer(path, target, 150) for target in ("one", "two")]
    assert [reported(writer) for writer in writers] == [list(range(150))] * 2
    assert [writer.returncode for writer in writers] == [0, 0]
    with open_store(path) as store:
        assert store.verify() == []
        assert store.stats().trials == 300


def test_two_processes_store_the_same_trial_once(tmp_path: Path) -> None:
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
            # The last trial may be stored and not yet reported.
            assert known <= set(found) <= {*known, len(found) - 1}
            assert found == list(range(len(found)))
            known = set(found)


def test_a_forked_process_cannot_use_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path / "t.db")
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: -1)  # what a forked child sees
        with pytest.raises(DatabaseError, match="that opened it, got process -1"):
            store.add_target(TargetRecord(text="t"))
    store.close()
    with open_store(tmp_path / "t.db") as again:
        assert again.targets() == []


CLAIMER = """
import sys, time
from autosched.tuning_logs import open_store
from autosched.tuning_logs.conformance.samples import CPU, SMALL, claim, OTHER_SESSION
with open_store(sys.argv[1]) as store:
    store.start_session(OTHER_SESSION)
    print(*sorted(claim(store, OTHER_SESSION, "a", "b")), flush=True)
    time.sleep(600)
"""


def create(path: Path) -> None:
    with open_store(path) as store:
        fill(store)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
def test_claims_end_with_their_process(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    create(path)
    claimer = subprocess.Popen(
        [sys.executable, "-c", CLAIMER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert claimer.stdout is not None
    assert claimer.stdout.readline() == "a b\n"
    with open_store(path) as store:
        assert claim(store, SESSION, "a", "c") == {"c"}
        claimer.kill()
        claimer.stdout.close()
        wait_until_ended(claimer.pid)  # its exit status is not read yet
        assert claim(store, SESSION, "a", "b") == {"a", "b"}
    claimer.wait()


def wait_until_ended(pid: int) -> None:
    while process._identity(str(pid)):
        time.sleep(0.01)


@pytest.mark.parametrize("owner", ["", "another machine", b"\xff", "a b 1 2"])
@pytest.mark.parametrize("minutes", [-31, 31])
def test_a_claim_expires_whatever_its_owner(tmp_path: Path, owner: object, minutes: int) -> None:
    path = tmp_path / "t.db"
    create(path)
    with open_store(path) as store:
        store.start_session(OTHER_SESSION)
        claim(store, OTHER_SESSION, "a", "b")
        store._db.execute("UPDATE claims SET owner = ?", (owner,))
        assert claim(store, SESSION, "a") == set()
        moment = utc_text(datetime.now(UTC) + timedelta(minutes=minutes))
        store._db.execute("UPDATE claims SET claimed = ? WHERE trace_key = 'a'", (moment,))
        assert claim(store, SESSION, "a", "b") == {"a"}
