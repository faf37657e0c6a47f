"""The machine a benchmark runs on: what it is, and whether anybody else uses it."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from autosched.target.target import Target

QUIET_LOAD = 0.7
"""A load average below this leaves a core for what is timed."""

_ROOT = Path(__file__).parents[2]
_PACKAGES = ("numpy", "llvmlite", "xgboost", "torch", "onnxruntime", "openvino")


def environment() -> dict[str, Any]:
    """What a figure depends on: the machine, the versions, the load, the date."""
    target = Target.host()
    load = os.getloadavg()[0]
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "cpu": _cpu_model(),
        "llvm_cpu": target.cpu,
        "vector_bits": target.vector_bits,
        "cores": target.threads,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: found for name in _PACKAGES if (found := _version(name))},
        "load_average": round(load, 2),
        "quiet": load < QUIET_LOAD,
    }


def busy_cores(seconds: float = 0.5) -> float:
    """How many cores are at work while this process waits: 0 on a quiet machine."""
    before = _processor_times()
    time.sleep(seconds)
    passed = [now - then for now, then in zip(_processor_times(), before, strict=True)]
    idle = passed[3] + passed[4]
    return round((1 - idle / max(1, sum(passed))) * (os.cpu_count() or 1), 2)


def wait_until_quiet(most_seconds: float) -> None:
    """Wait until the other cores' work leaves room to time, or for `most_seconds`."""
    end = time.monotonic() + most_seconds
    while time.monotonic() < end and busy_cores(2.0) > 0.1:
        pass


def clock_for(threads: int) -> Callable[[], int]:
    """Nanoseconds: with one thread of this process, so that others' work does not count."""
    return time.process_time_ns if threads == 1 else time.perf_counter_ns


@contextmanager
def pinned(to_one_core: bool = True) -> Iterator[None]:
    """Within, this thread and those that it starts keep to the last core it may use."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)} if to_one_core else cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _processor_times() -> list[int]:
    """The jiffies of all cores: user, nice, system, idle, waiting, interrupts, stolen."""
    return [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> str:
    """The commit that is checked out, with a + where files differ from it."""
    command = ["git", "-C", str(_ROOT), "describe", "--always", "--dirty=+"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()
