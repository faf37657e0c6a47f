"""A tuning run is ended in every way: its trials are kept, and no worker is left."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from autosched.tuning_logs import open_store
from tests.cli.calling import call
from tests.cli.kills import Killing, children, ends
from tests.tuning_logs.hostile import ENDLESS

ROOT = Path(__file__).parents[2]
WORKLOAD = ("matmul", "m=24", "n=32", "k=16", "--threads", "1", "--strategy", "random")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are read from /proc")


def start(database: Path) -> subprocess.Popen[str]:
    command = [
        sys.executable, "-m", "autosched", "tune", *WORKLOAD, "--trials", "2000", "--db",
        str(database), "--json",
    ]  # fmt: skip
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def trials_in(database: Path) -> int:
    if not database.exists():
        return 0
    with open_store(database) as store:
        return store.stats().trials


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_run_that_is_ended_can_be_resumed(how: signal.Signals, tmp_path: Path) -> None:
    database = tmp_path / "tuning.db"
    run = start(database)
    try:
        wait_for(lambda: trials_in(database) >= 3 or run.poll() is not None)
        workers = children(run.pid)
        assert workers
        run.send_signal(how)
        out, err = run.communicate(timeout=60)
    finally:
        run.kill()
    assert all(map(ends, workers))
    kept = trials_in(database)
    assert kept >= 3
    assert "Traceback" not in err
    if how is not signal.SIGKILL:
        assert run.returncode == 130
        document = json.loads(out)
        assert document["interrupted"] is True
        assert document["trials"] == kept
        assert document["best"]["time_ns"] > 0
    else:
        assert run.returncode == -signal.SIGKILL
    resumed = call("tune", *WORKLOAD, "--trials", "2", "--db", str(database), "--json")
    assert resumed.status == 0
    assert trials_in(database) == kept + 2
    assert call("db", "verify", "--db", str(database)).status == 0


def test_kills_at_random_moments_lose_nothing(tmp_path: Path) -> None:
    killing = Killing(tmp_path)
    for _ in range(3):
        assert killing.kill_one(longest_s=0.5).problems == []
    assert killing.resume(2) == []


def test_a_query_can_be_ended(tmp_path: Path) -> None:
    database = tmp_path / "tuning.db"
    open_store(database).close()
    endless = f"SELECT count(*) FROM ({ENDLESS})"
    command = [sys.executable, "-m", "autosched", "db", "query", endless, "--db", str(database)]
    run = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        wait_for(lambda: Path(f"{database}-shm").exists() or run.poll() is not None)
        time.sleep(0.2)  # also where the signal comes before the query, it ends the same way
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
    finally:
        run.kill()
    assert (run.returncode, out, err.strip()) == (130, "", "autosched: interrupted")
