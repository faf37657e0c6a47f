"""Whole runs of `autosched tune`, start-up included, and the share of the peak they reach.

python -m benchmarks.tuning --json benchmarks/results/tuning.json

The goals with two cores: over 200 trials 30 a second of the 512³ matmul and 20 of a 3x3
convolution, and 97 % of the FMA peak.

The commands find the bytecode of every module, as those of an installed package do: a first run,
which does not count, of the first case has written it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import click

from benchmarks.common.cases import KernelCase, selected
from benchmarks.common.machine import (
    busy_cores,
    environment,
    pinned,
    wait_until_quiet,
)
from benchmarks.common.options import CASES_HELP, json_option, threads_option, wait_option
from benchmarks.common.report import Row, save, show
from benchmarks.common.tuned import built, in_turn_with_peak

FIRST_TRIALS = 24
"""The trials of the first run: enough that a model is fitted."""


@click.command()
@click.option("--cases", default="m512/n512/k512", show_default=True, help=CASES_HELP)
@click.option("--trials", default=200, show_default=True, help="New measurements of each run.")
@click.option("--strategy", default="evolutionary", show_default=True)
@click.option("--seed", default=0, show_default=True)
@threads_option
@json_option
@wait_option
def main(
    cases: str,
    trials: int,
    strategy: str,
    seed: int,
    threads: int,
    json_file: Path | None,
    wait: float,
) -> None:
    """Run `autosched tune` on an empty database for each case, by the clock on the wall."""
    here = environment()
    rows = []
    with tempfile.TemporaryDirectory() as bytecode:
        for case in selected(cases):
            given = ["--threads", threads, "--strategy", strategy, "--seed", seed]
            options = [str(option) for option in given]
            if not rows:
                first = str(Path(bytecode) / "first.db")
                _tuned(case, FIRST_TRIALS, [*options, "--db", first], bytecode)
            wait_until_quiet(wait)
            rows.append(_run(case, trials, options, threads, bytecode))
    columns = ["case", "trials", "seconds", "trials_per_second", "gflops", "share", "failures"]
    show(f"autosched tune, {threads} threads", rows, columns)
    settings = {"trials": trials, "threads": threads, "strategy": strategy, "seed": seed}
    save(json_file, "tuning", here, rows, settings=settings)


def _run(case: KernelCase, trials: int, options: list[str], threads: int, bytecode: str) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "tuning.db"
        busy = busy_cores()
        start = perf_counter()
        document = _tuned(case, trials, [*options, "--db", str(database)], bytecode)
        seconds = perf_counter() - start
        times, peak = _settled(case, threads, database)
    gflops = float(str(case.instance().flops)) / median(times)
    return {
        "case": case.name,
        "trials": document["trials"],
        "seconds": seconds,
        "trials_per_second": document["trials"] / seconds,
        "gflops": gflops,
        "share": gflops / peak,
        "peak_gflops": peak,
        "failures": sum(document["failures"].values()),
        "failures_by_kind": document["failures"],
        "repeats_ns": [round(time) for time in times],
        "curve_ns": document["curve_ns"],
        "busy_cores": busy,
    }


def _tuned(case: KernelCase, trials: int, options: list[str], bytecode: str) -> Any:
    """Run the command and return what it prints; modules have their bytecode in a folder."""
    words = [case.workload, *(f"{name}={value}" for name, value in case.params.items())]
    command = [sys.executable, "-m", "autosched", "tune", *words, *options]
    done = subprocess.run(
        [*command, "--trials", str(trials), "--json"],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": bytecode},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def _settled(case: KernelCase, threads: int, database: Path) -> tuple[tuple[float, ...], float]:
    """Repeats of the best kernel in nanoseconds, and the peak measured in turn with them."""
    instance = case.instance()
    _, kernel = built(instance, threads, database)
    with pinned(threads == 1):
        times, peak = in_turn_with_peak(instance, kernel, threads)
    return times, peak * threads


if __name__ == "__main__":
    main()
