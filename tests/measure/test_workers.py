"""The pool of worker processes: requests, replacements and the end of processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import wait
from dataclasses import replace
from pathlib import Path

import pytest

from autosched.errors import MeasureError
from autosched.measure.options import MeasureOptions
from autosched.measure.process import Died, WorkerProcess, signal_name
from autosched.measure.workers import WorkerPool

OPTIONS = MeasureOptions(workers=1, builder="tests.measure.hook:Hook", memory_bytes=400 << 20)


def build(number: int, trace: str = "good") -> dict[str, object]:
    return {
        "task": "build",
        "number": number,
        "workload": "add",
        "trace": trace,
        "target": "cpu",
        "threads": 1,
    }


def pid_of(pool: WorkerPool, worker: int = 0) -> int:
    process = pool._processes[worker]
    assert process is not None
    return process._process.pid


def has_ended(pid: int) -> bool:
    """Return whether the process ends within a minute."""
    for _ in range(6000):
        try:
            status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if status == "Z":
            return True
        time.sleep(0.01)
    return False


def test_one_process_serves_many_requests() -> None:
    with WorkerPool(OPTIONS) as pool:
        futures = [pool.submit(build(i), 10) for i in range(5)]
        assert all(future.result().value > 0 for future in futures)
        pid = pid_of(pool)
        pool.retire_worn()
        assert pool.submit(build(9), 10).result().failure is None
        assert pid_of(pool) == pid


def test_a_worker_that_died_is_replaced() -> None:
    with WorkerPool(OPTIONS) as pool:
        pool.submit(build(1), 10).result()
        pid = pid_of(pool)
        failure = pool.submit(build(2, "dies_building"), 10).result().failure
        assert failure is not None
        assert failure.kind == "crashed"
        assert pool.submit(build(3), 10).result().failure is None
        assert pid_of(pool) != pid


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV])
@pytest.mark.parametrize("when", ["idle", "busy"])
def test_a_request_is_repeated_after_a_kill_from_outside(how: signal.Signals, when: str) -> None:
    with WorkerPool(OPTIONS) as pool:
        pool.submit(build(1), 10).result()
        pid = pid_of(pool)
        future = None
        if when == "busy":
            future = pool.submit(build(2, "builds_slowly"), 10)
            time.sleep(0.1)
        os.kill(pid, how)
        assert has_ended(pid)
        reply = (future or pool.submit(build(2), 10)).result()
        assert reply.failure is None
        assert pid_of(pool) != pid


@pytest.mark.parametrize(("oom_kills", "starts"), [(0, 3), (1, 1)])
def test_a_request_is_not_repeated_after_an_oom_kill(
    oom_kills: int, starts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = [0]
    monkeypatch.setattr("autosched.measure.process.oom_kills", lambda: sum(counts))
    with WorkerPool(OPTIONS) as pool:
        pool.submit(build(1), 10).result()
        counts.append(oom_kills)
        started = []
        start = pool._start
        monkeypatch.setattr(pool, "_start", lambda index: started.append(index) or start(index))
        failure = pool.submit(build(2, "killed"), 10).result().failure
    assert failure is not None
    assert failure.kind == "out_of_memory"
    assert len(started) == starts - 1


def test_a_worker_ignores_signals_that_its_parent_handles() -> None:
    with WorkerPool(OPTIONS) as pool:
        pool.submit(build(1), 10).result()
        pid = pid_of(pool)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(pid, number)
        assert pool.submit(build(2), 10).result().failure is None
        assert pid_of(pool) == pid


@pytest.mark.skipif(sys.platform != "linux", reason="stopped processes are found in /proc")
def test_a_worker_stopped_from_outside_is_replaced() -> None:
    with WorkerPool(OPTIONS) as pool:
        pool.submit(build(1), 10).result()
        pid = pid_of(pool)
        os.kill(pid, signal.SIGSTOP)
        assert pool.submit(build(2), 0.5).result().failure is None
        assert has_ended(pid)


def test_processes_of_a_candidate_end_with_the_worker(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    with WorkerPool(replace(OPTIONS, builder="tests.measure.hook:Forking")) as pool:
        pool.submit(build(1, str(note)), 10)
        while not note.exists() or len(note.read_text().split()) < 3:
            time.sleep(0.01)
    assert all(has_ended(int(pid)) for pid in note.read_text().split())


def test_a_worn_worker_is_replaced() -> None:
    with WorkerPool(replace(OPTIONS, requests_per_worker=2)) as pool:
        pool.submit(build(1), 10).result()
        pid = pid_of(pool)
        pool.retire_worn()
        assert has_ended(pid)
        pool.submit(build(1), 10).result()
        assert pid_of(pool) != pid


def test_closing_ends_a_worker_in_the_middle_of_a_request() -> None:
    pool = WorkerPool(OPTIONS)
    pool.submit(build(1), 10).result()
    pid = pid_of(pool)
    busy = pool.submit(build(2, "builds_forever"), 600)
    waiting = pool.submit(build(3), 10)
    while not busy.running():
        time.sleep(0.01)
    pool.close()
    assert has_ended(pid)
    assert busy.done()
    assert not wait([waiting], timeout=1).not_done
    assert waiting.cancelled()
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit(build(4), 10)


def test_closing_while_workers_start() -> None:
    pool = WorkerPool(OPTIONS)
    busy = pool.submit(build(2, "builds_forever"), 600)
    pool.close()
    assert busy.done()


def test_a_builder_that_does_not_load_is_reported() -> None:
    with (
        WorkerPool(replace(OPTIONS, builder="tests.measure.hook:Nothing")) as pool,
        pytest.raises(MeasureError, match=r"process to start(.|\n)*no attribute 'Nothing'"),
    ):
        pool.submit(build(1), 10).result()


def test_a_worker_starts_in_a_removed_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.syspath_prepend("")
    with WorkerPool(OPTIONS) as pool:
        assert pool.submit(build(1), 10).result().failure is None


def test_output_before_the_first_request_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no such module\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    process = WorkerProcess(OPTIONS)
    assert has_ended(process._process.pid)
    with pytest.raises(Died, match="the start ended with status 1: no such module"):
        process.begin()


def test_workers_import_no_unneeded_packages() -> None:
    code = (
        "import sys, autosched.measure.worker\n"
        "assert not {'xgboost', 'sklearn', 'rich', 'sqlite_utils', 'pickle5'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


PARENT = """
import json, sys, time
from autosched.measure.options import MeasureOptions
from autosched.measure.workers import WorkerPool
from tests.measure.test_workers import OPTIONS, build, pid_of
pool = WorkerPool(OPTIONS)
pool.submit(build(1), 60).result()
pool.submit(build(2, sys.argv[1]), 600)
try:
    print(json.dumps(pid_of(pool)), flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    time.sleep(0.2)
    process = pool._processes[0]._process
    print(json.dumps(process.poll()), flush=True)
    pool.close()
"""


def test_workers_end_when_the_parent_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, "builds_forever"], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        worker = json.loads(parent.stdout.readline())
        parent.kill()
        assert has_ended(worker)


def test_ctrl_c_does_not_reach_the_workers() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, "builds_forever"],
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        worker = json.loads(parent.stdout.readline())
        os.killpg(parent.pid, signal.SIGINT)
        assert json.loads(parent.stdout.readline()) is None
        assert parent.wait(20) == 0
        assert has_ended(worker)


def test_every_signal_has_a_name() -> None:
    assert signal_name(11) == "SIGSEGV"
    assert signal_name(40) == "signal 40"


def test_closing_does_not_wait_for_a_starting_worker() -> None:
    slow = replace(OPTIONS, tasks="tests.measure.hook:Endless", start_timeout_s=1e6)
    with WorkerPool(slow) as pool:
        while pool._processes[0] is None:
            time.sleep(0.01)
        pid = pid_of(pool)
    assert has_ended(pid)
