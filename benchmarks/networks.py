"""Whole networks from end to end beside ONNX Runtime, OpenVINO and PyTorch.

python -m benchmarks.networks --threads 1 --json benchmarks/results/networks.json

A network's file is the same for all; PyTorch is not timed, since what it runs is another program.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from math import prod
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np

import autosched
from autosched.backends.cpu.trial_run import rested
from autosched.measure.timer import interleave
from benchmarks.common.machine import busy_cores, clock_for, environment, pinned, wait_until_quiet
from benchmarks.common.networks import NetworkCase, is_close, selected
from benchmarks.common.options import (
    CASES_HELP,
    database_option,
    json_option,
    threads_option,
    wait_option,
)
from benchmarks.common.report import Row, save, show

Array = np.ndarray
Run = Callable[[], Mapping[str, Array]]
ROUNDS = 15


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
    for case in selected(cases):
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
    model = autosched.compile(path, threads=threads, db=database if database.exists() else None)
    if minutes:
        model.tune(time_limit=60 * minutes, db=database)
    names = list(model.outputs)
    first = model.run(inputs)
    seconds = time.perf_counter() - start
    ours = {"autosched": lambda: dict(zip(names, model.run(inputs), strict=True))}
    with pinned(threads == 1):
        contenders: dict[str, Run] = {**ours, **_peers(path, inputs, threads)}
        found = dict(zip(names, first, strict=True))
        others = [run() for name, run in contenders.items() if name not in ours]
        right = any(is_close(found, expected) for expected in others)
        wait_until_quiet(wait)
        busy = busy_cores()
        runners = [rested(run, clock_for(threads)) for run in contenders.values()]
        times = interleave(runners, ROUNDS)
    ms = {name: median(found) / 1e6 for name, found in zip(contenders, times, strict=True)}
    best = min((ms[name] for name in ms if name != "autosched"), default=None)
    return {
        "network": case.name,
        **ms,
        "ratio": best / ms["autosched"] if best else None,
        "right": right,
        "ready_s": round(seconds, 1),
        "busy_cores": busy,
    }


def _peers(path: Path, inputs: Mapping[str, Array], threads: int) -> dict[str, Run]:
    made: dict[str, Callable[[Path, Mapping[str, Array], int], Run]] = {
        "onnxruntime": _onnxruntime,
        "openvino": _openvino,
    }
    return {name: make(path, inputs, threads) for name, make in made.items() if find_spec(name)}


def _onnxruntime(path: Path, inputs: Mapping[str, Array], threads: int) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return lambda: dict(zip(names, session.run(None, dict(inputs)), strict=True))


def _openvino(path: Path, inputs: Mapping[str, Array], threads: int) -> Run:
    import openvino

    settings: dict[str, Any] = {
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
    }
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(path), "CPU", settings)
    request = compiled.create_infer_request()
    given = dict(inputs)
    names = [port.get_any_name() for port in compiled.outputs]

    def run() -> Mapping[str, Array]:
        results = request.infer(given, share_inputs=True, share_outputs=True)
        return {name: results[number] for number, name in enumerate(names)}

    return run


if __name__ == "__main__":
    main()
