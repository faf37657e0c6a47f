"""Where the time of making a candidate goes. The goal: 60 ms or less, median, in all.

python -m benchmarks.compile_time --json benchmarks/results/compile_time.json
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from autosched.api import as_task
from autosched.candidates import packing_for
from autosched.measure.memory import collect_rarely
from autosched.passes import pipeline
from autosched.search.strategies.random import random_candidates
from benchmarks.common.cases import KernelCase, selected
from benchmarks.common.machine import environment, pinned, wait_until_quiet
from benchmarks.common.options import CASES_HELP, json_option, wait_option
from benchmarks.common.report import Row, save, show
from benchmarks.common.stages import LLVM_STEPS, Times, time_candidate

GOAL_MS = 60.0
DEFAULT_CASES = "ansor matmul/b1/m512/n512/k512,nets conv2d/n1/size56/ci64/co64/k3"


@click.command()
@click.option("--candidates", default=40, show_default=True, help="How many, for each case.")
@click.option("--seed", default=0, show_default=True)
@click.option("--cases", default=DEFAULT_CASES, show_default=True, help=CASES_HELP)
@json_option
@wait_option
def main(candidates: int, seed: int, cases: str, json_file: Path | None, wait: float) -> None:
    """Make random candidates on one core, timing each step."""
    here = environment()
    wait_until_quiet(wait)
    collect_rarely()  # as a worker does
    rows: list[Row] = []
    everything: dict[str, list[Times]] = {}
    for case in selected(cases):
        with pinned():
            times = _times(case, candidates, seed)
        everything[case.name] = times
        mine = _rows(case, times)
        show(
            f"{case.name}: ms (goal: {GOAL_MS:.0f} in all)", mine, ["step", "median", "p10", "p90"]
        )
        rows += mine
    save(json_file, "compile_time", here, rows, goal_ms=GOAL_MS, candidates=everything)


def _times(case: KernelCase, count: int, seed: int) -> list[Times]:
    task = as_task(case.instance(), "cpu", 1)
    chosen = random_candidates(task, count, np.random.default_rng(seed))
    time_candidate(
        task.text, chosen[0].trace, task.backend.machine
    )  # the first pays for what it loads
    packing_for.cache_clear()
    return [
        time_candidate(task.text, candidate.trace, task.backend.machine) for candidate in chosen
    ]


def _rows(case: KernelCase, times: list[Times]) -> list[Row]:
    steps = ["replay", "lower", *(step.name for step in pipeline.PIPELINE), "emit", *LLVM_STEPS]
    rows = []
    for step in [*steps, "total"]:
        low, middle, high = np.percentile([each[step] for each in times], (10, 50, 90))
        rows.append({"case": case.name, "step": step, "median": middle, "p10": low, "p90": high})
    return rows


if __name__ == "__main__":
    main()
