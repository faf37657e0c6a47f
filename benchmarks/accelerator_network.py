"""ResNet-18 in int8, divided between the accelerator and the processor: cycles of all of it.

python -m benchmarks.accelerator_network --trials 2000 \
    --json benchmarks/results/accelerator_network.json

Weights are random, scales powers of two. Outputs are compared, bit by bit, with those of the
reference evaluator and of the processor alone. Cycles do not depend on what else runs; the time of
the processor is that of this machine, not of the board's.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
import numpy as np

import autosched
from autosched.backends.reporter import Report
from autosched.backends.vta.report.networks import with_cycles
from autosched.backends.vta.target import VtaTarget
from autosched.graph.evaluate import evaluate
from autosched.graph.model import Model
from autosched.graph.report import step_times
from autosched.tuning_logs import MemoryStore
from benchmarks.common.machine import environment, wait_until_quiet
from benchmarks.common.options import json_option, threads_option, wait_option
from benchmarks.common.quantized_resnet import write_resnet
from benchmarks.common.report import save

Array = np.ndarray


@click.command()
@click.option(
    "--models", "folder", type=click.Path(path_type=Path), default=Path("benchmarks.models"),
    show_default=True, help="Where the ONNX file is made.",
)  # fmt: skip
@click.option("--target", default="vta", show_default=True, help="The accelerator.")
@click.option("--trials", default=0, show_default=True, help="Tune for so many trials first.")
@threads_option
@json_option
@wait_option
def main(
    folder: Path, target: str, trials: int, threads: int, json_file: Path | None, wait: float
) -> None:
    """Print where every step is computed, the cycles of all, and whether they are right."""
    wait_until_quiet(wait)
    here = environment()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "resnet18_int8.onnx"
    write_resnet(path)
    image = np.random.default_rng(0).standard_normal((1, 3, 224, 224), dtype=np.float32)
    start = time.perf_counter()
    model = autosched.compile(path, target=target, threads=threads, db=MemoryStore())
    totals: dict[str, Any] = {"compile_s": time.perf_counter() - start, "trials": trials}
    totals["untuned_cycles"] = _measured(model, image, target).facts["cycles"]
    if trials:
        model.tune(trials=trials)
    start = time.perf_counter()
    found = model.run([image])
    totals["run_s"] = time.perf_counter() - start
    alone = autosched.compile(path, threads=threads, db=MemoryStore()).run([image])
    totals["right"] = _equal(found, evaluate(model.graph, [image])) and _equal(found, alone)
    report = _measured(model, image, target)
    print(*report.tables, *(f"{name}: {said}" for name, said in report.lines.items()), sep="\n")
    rows = report.facts.pop("placed")
    totals |= report.facts
    print(", ".join(f"{name} {value}" for name, value in totals.items()))
    save(json_file, "accelerator_network", here, rows, target=target, **totals)


def _measured(model: Model, image: Array, target: str) -> Report:
    (network,) = model.networks
    return with_cycles(Report({}), step_times(network, [image]), VtaTarget.parse(target))


def _equal(found: list[Array], wanted: list[Array]) -> bool:
    return all(map(np.array_equal, found, wanted))


if __name__ == "__main__":
    main()
