"""The best of 200 evolutionary trials against the best of 200 random ones.

python -m benchmarks.strategies --json benchmarks/results/strategies.json

Each run starts on an empty database. The winners of a seed are timed in turn in one process, so
that the luck of single measurements does not decide; the curves, best so far by trial, are as
measured. The goal: evolutionary beats random on the geometric mean of five workloads.
"""

from __future__ import annotations

from pathlib import Path
from statistics import geometric_mean, median

import click

import autosched
from autosched.search.result import TuneResult
from autosched.tuning_logs import MemoryStore
from benchmarks.common.cases import KernelCase, selected
from benchmarks.common.machine import busy_cores, environment, pinned, wait_until_quiet
from benchmarks.common.options import CASES_HELP, json_option, threads_option, wait_option
from benchmarks.common.report import Row, save, show
from benchmarks.common.tuned import in_turn

STRATEGIES = ("evolutionary", "random")
DEFAULT_CASES = (
    "ansor matmul/b1/m512/n512/k512,odd matmul/b1/m127,nets conv2d/n1/size56/ci64/co64/k3,"
    "ansor conv2d/n1/size7/ci512/co512/k3/s1/p1/d1/g1,nets softmax/m512"
)


@click.command()
@click.option("--cases", default=DEFAULT_CASES, show_default=True, help=CASES_HELP)
@click.option("--trials", default=200, show_default=True, help="New measurements of each run.")
@click.option("--seeds", default=1, show_default=True, help="How many runs of each, by seed.")
@threads_option
@json_option
@wait_option
def main(
    cases: str, trials: int, seeds: int, threads: int, json_file: Path | None, wait: float
) -> None:
    """Tune five workloads by each strategy and compare what they found."""
    here = environment()
    rows: list[Row] = []
    settings = {"trials": trials, "threads": threads}
    for seed in range(seeds):
        for case in selected(cases):
            wait_until_quiet(wait)
            rows.append(_row(case, trials, threads, seed))
            print(f"{case.name}, seed {seed}: {rows[-1]['times_as_fast']:.3f}", flush=True)
            summary = geometric_mean(row["times_as_fast"] for row in rows)
            # Written as it grows: a long run that is stopped leaves what it has.
            save(json_file, "strategies", here, rows, settings=settings, geometric_mean=summary)
    columns = ["case", "seed", *(f"{name}_gflops" for name in STRATEGIES), "times_as_fast"]
    show(f"the best of {trials} trials, evolutionary over random", rows, columns)
    print(f"geometric mean {summary:.3f}")


def _row(case: KernelCase, trials: int, threads: int, seed: int) -> Row:
    instance = case.instance()
    flops = float(str(instance.flops))
    busy = busy_cores()
    row: Row = {"case": case.name, "seed": seed, "busy_cores": busy, "runs": {}}
    kernels = []
    for strategy in STRATEGIES:
        store = MemoryStore()
        result = autosched.tune(
            instance, trials=trials, threads=threads, seed=seed, strategy=strategy, db=store
        )
        kernels.append(autosched.build(instance, threads=threads, db=store))
        row["runs"][strategy] = _run(result)
    with pinned(threads == 1):
        repeats = in_turn(instance, kernels, threads)
    settled = list(map(median, repeats))
    for strategy, time_ns, times in zip(STRATEGIES, settled, repeats, strict=True):
        row[f"{strategy}_gflops"] = flops / time_ns
        row["runs"][strategy]["repeats_ns"] = [round(time) for time in times]
    return {**row, "times_as_fast": settled[1] / settled[0]}


def _run(result: TuneResult) -> Row:
    return {
        "seconds": round(result.seconds, 2),
        "trials": result.trials,
        "failures": dict(result.failures),
        "time_ns": result.time_ns,
        "curve_ns": [round(value) if value < float("inf") else None for value in result.curve],
    }


if __name__ == "__main__":
    main()
