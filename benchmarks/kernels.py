"""The best known schedule of each case beside NumPy, PyTorch, ONNX Runtime, OpenVINO and XLA.

python -m benchmarks.kernels --trials 200 --db benchmarks.db --json benchmarks/results/kernels.json

Everything is called from Python, a repeat of each in turn, with weights as constants that were
packed beforehand, pinned to one core where `--threads` is 1; figures are medians. The goal: 1.15
or more over the best peer of each case of `ansor`, `nets` and `general`, and no case under 0.95.
With `--direct` nothing is computed by other algorithms than as it is written: no Winograd.
A file that has cases of an earlier run with these settings is extended.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from statistics import geometric_mean
from typing import Any

import click

from autosched.cli.plots.files import check_picture
from benchmarks.common.cases import GROUPS, KernelCase, selected
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
from benchmarks.common.ratios import draw_ratios
from benchmarks.common.report import Row, save, show
from benchmarks.common.tuned import OURS, beside_peers, built, tune, why

DIRECT = 1e-8
"""A tolerance below the error of every algorithm; only with 0 is padding multiplied."""


@click.command()
@click.option("--group", "groups", multiple=True, type=click.Choice(GROUPS), help="Only these.")
@cases_option
@trials_option
@threads_option
@database_option
@json_option
@click.option(
    "--plot",
    "picture",
    type=click.Path(path_type=Path),
    metavar="FILE.svg|FILE.png",
    help="Draw the ratios to the best peers, and the shares of the roofline.",
)
@click.option("--direct", is_flag=True, help="With direct algorithms alone, as most peers have.")
@click.option("--anew", is_flag=True, help="Measure cases again that the file of --json has.")
@wait_option
def main(
    groups: tuple[str, ...],
    cases: str,
    trials: int,
    threads: int,
    database: Path,
    json_file: Path | None,
    picture: Path | None,
    direct: bool,
    anew: bool,
    wait: float,
) -> None:
    """Tune the cases where --trials asks for it, then time them beside their peers."""
    if picture is not None:
        check_picture(picture, database)
    here, settings = environment(), dict[str, Any](threads=threads, trials=trials)
    tolerance = DIRECT if direct else None
    if tolerance is not None:
        settings["tolerance"] = tolerance
    known = _known(json_file, settings)
    chosen = [case for case in selected(cases) if not groups or _group(case.name) in groups]
    for case in chosen:
        if case.name in known and not anew:
            continue
        tune([case], trials, threads, database, tolerance=tolerance)
        wait_until_quiet(wait)
        with pinned(threads == 1):
            known[case.name] = _row(case, threads, database, tolerance) | {"commit": here["commit"]}
        print(f"{case.name}: {known[case.name]['ratio'] or 0:.2f} of the best peer", flush=True)
        rows = _in_order(known)
        save(json_file, "kernels", here, rows, settings=settings, summary=summary(rows))
    rows = [known[case.name] for case in chosen]
    _show(rows, threads)
    if picture is not None:
        draw_ratios(_in_order(known) if json_file else rows, threads, picture)


def _known(json_file: Path | None, settings: Mapping[str, Any]) -> dict[str, Row]:
    """The rows of a file by case. Raises UsageError if they are of other settings."""
    if json_file is None or not json_file.exists():
        return {}
    document = json.loads(json_file.read_text())
    if document["settings"] != settings:
        raise click.UsageError(
            f"expected a file of a run with {settings}, got {document['settings']}"
        )
    return {row["case"]: row for row in document["rows"]}


def _group(name: str) -> str:
    return name.split()[0]


def _in_order(known: Mapping[str, Row]) -> list[Row]:
    """The rows of the cases that there are still, in the order of these."""
    return [known[case.name] for case in selected("") if case.name in known]


def _row(case: KernelCase, threads: int, database: Path, tolerance: float | None) -> Row:
    instance = case.instance()
    choice, kernel = built(instance, threads, database, tolerance)
    busy = busy_cores()
    times = beside_peers(case, instance, kernel, threads)
    peak = (times.peak_gflops or 0.0) * threads
    medians = {name: times.median_ns(name) for name in times.times_ns}
    peers = {name: value for name, value in medians.items() if name != OURS}
    best = min(peers, key=peers.__getitem__, default=None)
    flops = float(str(instance.flops))
    return {
        "case": case.name,
        "schedule": choice.origin,
        "algorithm": choice.algorithm or "direct",
        "time_ns": medians,
        "least_ns": {name: min(repeats) for name, repeats in times.times_ns.items()},
        "gflops": {name: flops / value for name, value in medians.items()},
        "peak_gflops": peak,
        "share": flops / medians[OURS] / peak,
        "best_peer": best,
        "ratio": peers[best] / medians[OURS] if best else None,
        **why(instance, threads, choice, medians[OURS]),
        "failures": times.failures,
        "busy_cores": busy,
    }


def summary(rows: list[Row]) -> list[Row]:
    """Of each group and of all: the mean and worst ratio, and the cases under 1."""
    return [
        {
            "group": name,
            "cases": len(ratios),
            "geometric_mean": geometric_mean(ratios.values()),
            "worst": min(ratios.values()),
            "worst_case": min(ratios, key=ratios.__getitem__),
            "under_1": sum(ratio < 1 for ratio in ratios.values()),
        }
        for name in (*GROUPS, "all")
        if (ratios := _ratios(rows, name))
    ]


def _ratios(rows: list[Row], group: str) -> dict[str, float]:
    return {
        row["case"]: row["ratio"]
        for row in rows
        if row["ratio"] and group in ("all", _group(row["case"]))
    }


def _show(rows: list[Row], threads: int) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row["time_ns"]))
    shown = [row | {name: time / 1e3 for name, time in row["time_ns"].items()} for row in rows]
    columns = ["case", "schedule", "algorithm", *names, "roofline", "ratio"]
    show(f"microseconds, {threads} threads; the ratio is to the best peer", shown, columns)
    show("by group, to the best peer", summary(rows))
    slow = sorted((r for r in rows if r["ratio"] and r["ratio"] < 1), key=lambda r: r["ratio"])
    if slow:
        columns = ["case", "ratio", "best_peer", "bound", "share_of_bound", "remark"]
        show("under 1: what bounds it, the share of that which is reached", slow, columns)


if __name__ == "__main__":
    main()
