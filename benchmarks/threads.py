"""Single calls with one thread and with several, on a quiet machine, a busy one, after pauses.

python -m benchmarks.threads --busy 6 --json benchmarks/results/threads.json

The goals: entering a parallel loop costs 2 µs or less between calls; where other processes are
busy, no call takes 3 times as long as one thread's.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import numpy as np

from autosched.backends.cpu.trial_run import Bench
from autosched.measure.parallel_overhead import parallel_overhead_ns
from autosched.target.target import Target
from benchmarks.common.cases import selected
from benchmarks.common.machine import environment, wait_until_quiet
from benchmarks.common.options import CASES_HELP, database_option, json_option, wait_option
from benchmarks.common.report import Row, save, show
from benchmarks.common.tuned import built

CASES = "nets matmul/b12/m128/n128/k64,nets conv2d/n1/size56/ci64/co64"
QUANTILES = {"least": 0.0, "median": 0.5, "90%": 0.9, "99%": 0.99, "slowest": 1.0}


@click.command()
@click.option("--cases", default=CASES, show_default=True, help=CASES_HELP)
@click.option("--threads", default=2, show_default=True, help="Compared with one thread.")
@click.option("--busy", default=0, show_default=True, help="Processes that work meanwhile.")
@click.option("--pause-us", default=0.0, show_default=True, help="Slept before every call.")
@click.option("--seconds", default=2.0, show_default=True, help="How long each is called.")
@database_option
@json_option
@wait_option
def main(
    cases: str, threads: int, busy: int, pause_us: float, seconds: float,
    database: Path, json_file: Path | None, wait: float,
) -> None:  # fmt: skip
    """Time every call by itself, in microseconds."""
    here = environment()
    wait_until_quiet(wait)
    entering = parallel_overhead_ns(Target.host().with_threads(threads))
    instances = [(case.name, case.instance()) for case in selected(cases)]
    runs = [
        (name, count, Bench(instance, {}).runner(built(instance, count, database)[1]))
        for name, instance in instances
        for count in (1, threads)
    ]
    with _working(busy):
        rows = [
            {"case": name, "threads": count, **_calls(run, seconds, pause_us)}
            for name, count, run in runs
        ]
    show(f"single calls in µs, {busy} others busy; entering costs some {entering} ns", rows)
    settings = {"busy": busy, "pause_us": pause_us, "entering_ns": entering}
    save(json_file, "threads", here, rows, settings=settings)


def _calls(run: Callable[[], object], seconds: float, pause_us: float) -> Row:
    times: list[int] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        if pause_us:
            time.sleep(pause_us / 1e6)
        start = time.perf_counter_ns()
        run()
        times.append(time.perf_counter_ns() - start)
    us = np.array(times) / 1e3
    spread = {name: float(np.quantile(us, share)) for name, share in QUANTILES.items()}
    return {"calls": len(times), "mean": float(us.mean()), **spread}


@contextmanager
def _working(count: int) -> Iterator[None]:
    """Within, so many other processes use all the time they get."""
    command = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


if __name__ == "__main__":
    main()
