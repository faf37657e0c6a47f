"""The best known schedule of each case beside NumPy, PyTorch, ONNX Runtime and OpenVINO.

python -m benchmarks.kernels --trials 200 --db benchmarks.db --json benchmarks/results/kernels.json

Everything is called from Python, a repeat of each in turn, with weights as constants that were
packed beforehand, pinned to one core where `--threads` is 1; figures are medians. The goal: 1.10
or more over the best peer of each case, and no case under 0.90.
"""

from __future__ import annotations

from pathlib import Path
from statistics import geometric_mean

import click

from benchmarks.common.cases import Case, selected
from benchmarks.common.machine import (
    busy_cores,
    environment,
    pinned,
    wait_until_quiet,
)
from benchmarks.common.options import (
    cases_option,
    database_option,
    json_option,
    threads_option,
    trials_option,
    wait_option,
)
from benchmarks.common.report import Row, save, show
from benchmarks.common.tuned import OURS, beside_peers, built, tune


@click.command()
@cases_option
@trials_option
@threads_option
@database_option
@json_option
@wait_option
def main(
    cases: str, trials: int, threads: int, database: Path, json_file: Path | None, wait: float
) -> None:
    """Tune the cases where --trials asks for it, then time them beside their peers."""
    here = environment()
    chosen = selected(cases)
    tune(chosen, trials, threads, database)
    rows = []
    for case in chosen:
        wait_until_quiet(wait)
        with pinned(threads == 1):
            rows.append(_row(case, threads, database))
        print(f"{case.name}: {rows[-1]['ratio'] or 0:.2f} of the best peer", flush=True)
    for row in rows:
        row.update({f"{name} GF": row["gflops"].get(name) for name in _names(rows)})
    columns = ["case", "schedule", *(f"{name} GF" for name in _names(rows)), "share", "ratio"]
    show(f"GFLOP/s, {threads} threads; the ratio is to the best peer", rows, columns)
    summary = _summary(rows)
    print(", ".join(f"{name} {value:.2f}" for name, value in summary.items()))
    settings = {"threads": threads, "trials": trials}
    save(json_file, "kernels", here, rows, settings=settings, summary=summary)


def _row(case: Case, threads: int, database: Path) -> Row:
    instance = case.instance()
    kernel = built(instance, threads, database)
    busy = busy_cores()
    times = beside_peers(instance, kernel, threads)
    peak = (times.peak_gflops or 0.0) * threads
    medians = {name: times.median_ns(name) for name in times.times_ns}
    peers = [value for name, value in medians.items() if name != OURS]
    flops = float(str(instance.flops))
    return {
        "case": case.name,
        "schedule": kernel.schedule,
        "time_ns": medians,
        "least_ns": {name: min(repeats) for name, repeats in times.times_ns.items()},
        "gflops": {name: flops / value for name, value in medians.items()},
        "peak_gflops": peak,
        "share": flops / medians[OURS] / peak,
        "ratio": min(peers) / medians[OURS] if peers else None,
        "failures": times.failures,
        "busy_cores": busy,
    }


def _names(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row["gflops"]))


def _summary(rows: list[Row]) -> dict[str, float]:
    ratios = [row["ratio"] for row in rows if row["ratio"]]
    if not ratios:
        return {}
    return {"geometric_mean": geometric_mean(ratios), "worst": min(ratios)}


if __name__ == "__main__":
    main()
