"""Tuning runs that are killed at random moments, and the conditions that must hold afterwards.

    python -m tests.cli.kills [COUNT [SEED]]

kills so many runs on one database, then resumes, and prints what it found.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from autosched.tuning_logs import TrialRecord, open_store

ROOT = Path(__file__).parents[2]
WORKLOAD = ("matmul", "m=48", "n=64", "k=32", "--threads", "1")
LONGEST_START_S = 60.0
_TOLD = re.compile(r"^(\d+)/\d+  best", re.MULTILINE)


@dataclass
class Killed:
    """The trials that a killed run reported and left in the database, and problems of these."""

    told: int
    stored: int
    problems: list[str] = field(default_factory=list)


class Killing:
    """Runs on one database, each of which is killed."""

    def __init__(self, folder: Path, seed: int = 0):
        self.database = folder / "tuning.db"
        self._temporary = folder / "tmp"
        self._temporary.mkdir()
        self._random = random.Random(seed)
        self._known: dict[str, TrialRecord] = {}

    def kill_one(self, longest_s: float) -> Killed:
        """Start a run, kill it, and look at the database.

        Most are killed some moments after the first trial, others before that.
        """
        strategy = self._random.choice(("random", "evolutionary"))
        seed = str(self._random.randrange(1 << 30))
        before = len(self._known)
        words: list[str] = []
        measured = threading.Event()
        options = ("--trials", "100000", "--strategy", strategy, "--seed", seed)
        with self._tune(*options) as run:
            listener = threading.Thread(target=listen, args=(run, words, measured))
            listener.start()
            if self._random.random() < 0.7:
                measured.wait(LONGEST_START_S)
            time.sleep(self._random.uniform(0, longest_s))
            workers = children(run.pid)
            run.send_signal(signal.SIGKILL)
            run.wait()
            listener.join()
        told = max(map(int, _TOLD.findall("".join(words))), default=0)
        killed = Killed(told, 0, self._problems())
        killed.stored = len(self._known) - before
        if killed.stored < told:
            killed.problems.append(f"expected {told} trials it had told, got {killed.stored}")
        if "Traceback" in "".join(words):
            killed.problems.append("".join(words))
        if not all(ends(worker) for worker in workers):
            killed.problems.append("a worker outlived it")
        return killed

    def resume(self, trials: int) -> list[str]:
        """Let a run end by itself; return the problems of the run and of the database."""
        before = len(self._known)
        run = self._tune("--trials", str(trials))
        out, err = run.communicate(timeout=600)
        problems = self._problems()
        if run.returncode or json.loads(out)["trials"] != trials:
            problems.append(f"expected {trials} more trials, got {out}{err}")
        if len(self._known) != before + trials:
            problems.append(f"expected {trials} more rows, got {len(self._known) - before}")
        left = [folder.name for folder in self._temporary.iterdir()]
        if left:
            problems.append(f"expected no temporary folders, got {left}")
        return problems

    def _tune(self, *options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "autosched", "tune", *WORKLOAD, *options, "--json"]
        return subprocess.Popen(
            [*command, "--db", str(self.database)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(self._temporary)},
        )

    def _problems(self) -> list[str]:
        """Return the problems of the database, compared with what was known of it."""
        if not self.database.exists():
            return ["the database is gone"] if self._known else []
        with open_store(self.database) as store:
            problems = store.verify()
            trials = list(store.trials())
        found = {trial.trace_key: trial for trial in trials}
        if len(found) != len(trials):
            problems.append("a candidate was stored twice")
        lost = [key for key, trial in self._known.items() if not kept(trial, found.get(key))]
        if lost:
            problems.append(f"expected to keep what was known, got {len(lost)} trials changed")
        self._known = found
        return problems


def listen(run: subprocess.Popen[str], words: list[str], measured: threading.Event) -> None:
    """Collect the lines of a run's standard error; return when the first trial was reported."""
    assert run.stderr is not None
    for line in run.stderr:
        words.append(line)
        if _TOLD.match(line):
            measured.set()


def kept(before: TrialRecord, after: TrialRecord | None) -> bool:
    """Whether a trial is unchanged, apart from added times."""
    if after is None:
        return False
    same = (before.outcome, before.reason, before.created, before.session)
    times = after.times_ns[: len(before.times_ns)]
    return times == before.times_ns and same == (
        after.outcome, after.reason, after.created, after.session,
    )  # fmt: skip


def children(pid: int) -> set[int]:
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[1]) == pid:
            found.add(int(status.parent.name))
    return found


def ends(pid: int, seconds: float = 20.0) -> bool:
    """Whether a process ends within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            text = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return True
        if text.rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder:
        killing = Killing(Path(folder), seed)
        bad = 0
        for number in range(1, count + 1):
            killed = killing.kill_one(longest_s=1.5)
            bad += bool(killed.problems)
            what = "; ".join(killed.problems) or "nothing lost"
            print(f"{number:4}  told {killed.told:4}  stored {killed.stored:4}  {what}", flush=True)
        problems = killing.resume(10)
        print(f"{count} kills, {bad} with a loss; resumed: {'; '.join(problems) or 'nothing lost'}")
    sys.exit(bool(bad or problems))


if __name__ == "__main__":
    main()
