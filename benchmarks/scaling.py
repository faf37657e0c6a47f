"""Two threads against one. The goal: 1.7 times as fast on the 1024³ matmul.

python -m benchmarks.scaling --trials 200 --json benchmarks/results/scaling.json
"""

from __future__ import annotations

from pathlib import Path
from statistics import median

import click

from benchmarks.common.cases import KernelCase, selected
from benchmarks.common.machine import busy_cores, environment, wait_until_quiet
from benchmarks.common.options import (
    CASES_HELP,
    database_option,
    json_option,
    trials_option,
    wait_option,
)
from benchmarks.common.report import Row, save, show
from benchmarks.common.tuned import built, in_turn, tune

GOAL = 1.7


@click.command()
@click.option("--cases", default="m1024/n1024/k1024", show_default=True, help=CASES_HELP)
@click.option("--threads", default=2, show_default=True, help="Compared with one thread.")
@trials_option
@database_option
@json_option
@wait_option
def main(
    cases: str, threads: int, trials: int, database: Path, json_file: Path | None, wait: float
) -> None:
    """Tune each case for one thread and for several, then time both in turn."""
    here = environment()
    chosen = selected(cases)
    for count in (1, threads):
        tune(chosen, trials, count, database)
    rows = []
    for case in chosen:
        wait_until_quiet(wait)
        rows.append(_row(case, threads, database))
    columns = [name for name in rows[0] if name != "repeats_ns"]
    show(f"{threads} threads against one (goal: {GOAL} times as fast)", rows, columns)
    save(json_file, "scaling", here, rows, settings={"threads": threads, "trials": trials})


def _row(case: KernelCase, threads: int, database: Path) -> Row:
    instance = case.instance()
    busy = busy_cores()
    one, several = (built(instance, count, database)[1] for count in (1, threads))
    repeats = in_turn(instance, [one, several], threads)
    one_ns, several_ns = map(median, repeats)
    flops = float(str(instance.flops))
    return {
        "case": case.name,
        "schedules": f"{one.schedule}, {several.schedule}",
        "gflops_1": flops / one_ns,
        f"gflops_{threads}": flops / several_ns,
        "times_as_fast": one_ns / several_ns,
        "busy_cores": busy,
        "repeats_ns": [[round(time) for time in times] for times in repeats],
    }


if __name__ == "__main__":
    main()
