"""Whole networks from end to end beside ONNX Runtime, OpenVINO and PyTorch.

python -m benchmarks.networks --threads 1 --json benchmarks/results/networks.json

A network's file is the same for all; PyTorch is not timed, since what it runs is another program.

Each is timed in blocks of consecutive calls, a block of each in turn. Before a block, this process
waits until no other thread of it works, since those of ONNX Runtime spin for tens of milliseconds
after a call. Then calls are not timed for as long as OpenVINO's threads take until all work.
"""

from __future__ import annotations

import time
from math import prod
from pathlib import Path
from statistics import median

import click

import autosched
from autosched.backends.cpu.peers import model_contenders
from autosched.backends.cpu.trial_run import rested
from autosched.measure.cores import cores_for
from autosched.measure.timer import interleave
from benchmarks.common.cases import chosen
from benchmarks.common.machine import busy_cores, clock_for, environment, pinned, wait_until_quiet
from benchmarks.common.networks import CASES, NetworkCase, is_close
from benchmarks.common.options import (
    CASES_HELP,
    database_option,
    json_option,
    threads_option,
    wait_option,
)
from benchmarks.common.report import Row, save, show
from benchmarks.common.tuned import OURS

ROUNDS = 15
WARM_SECONDS = 0.05
BLOCK_NS = 2e7
"""Times of the calls of a network in a block: of those that are not timed, and of the others."""


@click.command()
@click.option("--cases", default="", help=CASES_HELP)
@click.option(
    "--models", "folder", type=click.Path(path_type=Path), default=Path("benchmarks.models"),
    show_default=True, help="Where the ONNX files are, and are made.",
)  # fmt: skip
@click.option("--minutes", default=0.0, help="Tune each network so long first.")
@database_option
@threads_option
@json_option
@wait_option
def main(
    cases: str, folder: Path, minutes: float, database: Path,
    threads: int, json_file: Path | None, wait: float,
) -> None:  # fmt: skip
    """Print the median time of a network by each, and how often faster we are than the best."""
    here = environment()
    rows: list[Row] = []
    for case in chosen(CASES, cases):
        if case.is_available:
            rows.append(_timed(case, case.file(folder), minutes, database, threads, wait))
            show(f"milliseconds of a whole network, threads={threads}", rows)
    ratios = [row["ratio"] for row in rows if row["ratio"]]
    mean = prod(ratios) ** (1 / len(ratios)) if ratios else None
    if mean:
        print(f"geometric mean over the better of the others: {mean:.3f}")
    settings = {"threads": threads, "minutes": minutes}
    save(json_file, "networks", here, rows, settings=settings, geometric_mean=mean)


def _timed(
    case: NetworkCase, path: Path, minutes: float, database: Path, threads: int, wait: float
) -> Row:
    inputs = case.arrays()
    start = time.perf_counter()
    known = database if minutes or database.exists() else None
    model = autosched.compile(path, threads=threads, db=known)
    found = model.run(inputs)
    if minutes:
        model.tune(time_limit=60 * minutes)
        found = model.run(inputs)
    seconds = time.perf_counter() - start
    with pinned(threads == 1):
        peers = model_contenders(path, inputs, threads).runs
        right = any(is_close(found, run()) for run in peers.values())
        runs = {OURS: lambda: model.run(inputs), **peers}
        wait_until_quiet(wait)
        busy = busy_cores()
        clock = clock_for(threads)
        cores = cores_for(threads)
        blocks = [rested(run, clock, WARM_SECONDS, cores) for run in runs.values()]
        times = interleave(blocks, ROUNDS, BLOCK_NS)
    ms = {name: median(each) / 1e6 for name, each in zip(runs, times, strict=True)}
    best = min((ms[name] for name in peers), default=None)
    return {
        "network": case.name,
        **ms,
        "ratio": best / ms[OURS] if best else None,
        "right": right,
        "ready_s": round(seconds, 1),
        "busy_cores": busy,
    }


if __name__ == "__main__":
    main()
