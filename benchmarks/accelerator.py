"""ResNet-18's convolutions on the accelerator: cycles beside those of TVM's best schedules.

python -m benchmarks.accelerator --json benchmarks/results/accelerator.json

Each of the ten layers is tuned on an empty database. Cycles are those of the model that agrees
with the hardware description to 0.1 % on TVM's programs for the same layers; they do not depend
on what else runs, trials a second do. Beside the utilisation of the GEMM core stands its limit,
which the layer's own work on the ALU leaves whatever the schedule. The second table says what hides
latency: the best of equally many schedules without virtual threads and second buffers, with either,
and with both.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

import autosched
from autosched.backends.vta.backend import VtaBackend
from autosched.backends.vta.features.extract import estimated_cycles
from autosched.backends.vta.machine import config_of, cycles_on
from autosched.backends.vta.packed.find import packed_form
from autosched.backends.vta.packed.form import PackedWorkload
from autosched.backends.vta.target import VtaTarget
from autosched.errors import LoweringError
from autosched.ops.instance import WorkloadInstance
from autosched.ops.resolve import resolve
from autosched.schedule.sketch import Sketch
from autosched.schedule.trace import Trace, from_json, replay
from autosched.search.task import Task
from autosched.tuning_logs import MemoryStore
from autosched.vta import Program, Simulator, lower_vta
from benchmarks.common.machine import busy_cores, environment
from benchmarks.common.options import json_option, wait_option
from benchmarks.common.report import Row, save, show

TARGET = VtaTarget()


@dataclass(frozen=True, slots=True)
class Layer:
    """A convolution: channels in, rows and columns, channels out, window, stride.

    `count` is how often ResNet-18 has it, `tvm` the cycles of TVM's program with its published
    best knobs on the hardware description, at a DRAM delay of 16 cycles.
    """

    name: str
    ci: int
    size: int
    co: int
    k: int
    stride: int
    count: int
    tvm: int

    @property
    def instance(self) -> WorkloadInstance:
        """With bias, a shift by 8 bits and relu, as in TVM's programs."""
        params = {
            "ci": self.ci, "h": self.size, "w": self.size, "co": self.co, "k": self.k,
            "stride": self.stride, "padding": self.k // 2, "bias": True, "relu": True,
        }  # fmt: skip
        return resolve("conv2d_int8", params)


LAYERS = (
    Layer("C2", 64, 56, 64, 3, 1, 4, 543_219),
    Layer("C3", 64, 56, 128, 3, 2, 1, 275_655),
    Layer("C4", 64, 56, 128, 1, 2, 1, 94_907),
    Layer("C5", 128, 28, 128, 3, 1, 3, 498_728),
    Layer("C6", 128, 28, 256, 3, 2, 1, 252_309),
    Layer("C7", 128, 28, 256, 1, 2, 1, 55_725),
    Layer("C8", 256, 14, 256, 3, 1, 3, 476_732),
    Layer("C9", 256, 14, 512, 3, 2, 1, 243_382),
    Layer("C10", 256, 14, 512, 1, 2, 1, 41_378),
    Layer("C11", 512, 7, 512, 3, 1, 3, 469_093),
)

HIDING = {
    "neither": (False, False),
    "threads": (True, False),
    "buffers": (False, True),
    "both": (True, True),
}
"""Whether there are virtual threads, and second buffers."""


_ALU_CYCLES = 1 + 2 + 1 + 1
"""Of the ALU for an output tile: shift, bias (two sums are read), and both ends of the range."""


def gemm_limit(layer: Layer) -> float:
    """The share of all cycles in which the GEMM core can multiply, whatever the schedule.

    The ALU and what sets sums to zero use the same unit as the GEMM core, each for a cycle or
    more for each output tile; padding is left out of the products.
    """
    block = config_of(TARGET).block_in
    size = (layer.size - 1) // layer.stride + 1
    taps = sum(
        0 <= point * layer.stride + tap - layer.k // 2 < layer.size
        for point in range(size)
        for tap in range(layer.k)
    )
    gemm = taps**2 * (layer.ci // block) * (layer.co // block)
    tiles = size**2 * (layer.co // block)
    return gemm / (gemm + tiles * (1 + _ALU_CYCLES))


@click.command()
@click.option("--layers", default="", help="Only the layers with these comma-separated names.")
@click.option("--trials", default=500, show_default=True, help="Measurements of each layer.")
@click.option(
    "--sample", default=96, show_default=True, help="Schedules tried for each way to hide latency."
)
@click.option("--seed", default=0, show_default=True, help="Seed of the searches.")
@json_option
@wait_option
def main(
    layers: str, trials: int, sample: int, seed: int, json_file: Path | None, wait: float
) -> None:
    """Tune ResNet-18's convolutions for the accelerator and compare with TVM."""
    here = environment()
    wanted = [name for name in layers.split(",") if name]
    chosen = [layer for layer in LAYERS if not wanted or layer.name in wanted]
    rows: list[Row] = []
    hiding: list[Row] = []
    for layer in chosen:
        rows.append(tuned(layer, trials, seed))
        hiding.append(hidden(layer, sample))
        print(f"{layer.name}: {rows[-1]['cycles']} cycles, {rows[-1]['ratio']:.3f}", flush=True)
        totals = _totals(chosen[: len(rows)], rows)
        # Written as it grows: a long run that is stopped leaves what it has.
        save(json_file, "accelerator", here, rows, trials=trials, hiding=hiding, **totals)
    show(f"the best of {trials} trials beside TVM's", rows, [n for n in rows[0] if n != "schedule"])
    show(f"latency hidden: cycles of the best of {sample} tries of each way", hiding)
    print(
        f"{totals['cycles']} cycles of all {totals['convolutions']} convolutions, "
        f"{totals['ratio']:.4f} of TVM's {totals['tvm_cycles']}"
    )


def tuned(layer: Layer, trials: int, seed: int) -> Row:
    """The best schedule of a search, run once more by the strict simulator."""
    busy = busy_cores()
    store = MemoryStore()
    start = time.perf_counter()
    result = autosched.tune(layer.instance, target="vta", trials=trials, db=store, seed=seed)
    seconds = time.perf_counter() - start
    assert result.best is not None, "a default schedule fits every layer"
    form = packed_form(layer.instance, config_of(TARGET))
    program = _program(form, from_json(result.best.trace))
    _check(form, program)
    report = cycles_on(TARGET, program.instructions)
    return {
        "layer": layer.name,
        "cycles": report.total,
        "tvm_cycles": layer.tvm,
        "ratio": report.total / layer.tvm,
        "gemm_utilisation": report.gemm_utilisation,
        "gemm_limit": gemm_limit(layer),
        "compute_busy": report.units["compute"].busy / report.total,
        "macs_of_peak": form.macs / _macs_a_cycle() / report.total,
        "trials": result.trials,
        "refused": sum(result.failures.values()),
        "trials_per_s": result.trials / seconds,
        "busy_cores": busy,
        "schedule": result.best.trace,
    }


def hidden(layer: Layer, sample: int) -> Row:
    """The cycles of the best schedule with each way to hide latency.

    Each way has the same number of tries, its sketches in turn: the candidates of each that are
    best by estimate, among those drawn.
    """
    form = packed_form(layer.instance, config_of(TARGET))
    found = Task.of(layer.instance, VtaBackend(TARGET)).sketches
    row: Row = {"layer": layer.name}
    for name, (threads, buffers) in HIDING.items():
        drawn = []
        for sketch in found:
            vectors = _drawn(sketch, 16 * sample, threads, buffers)
            if len(vectors):
                order = np.argsort(estimated_cycles(form.outputs, sketch, vectors, form.config))
                drawn += [(rank, sketch, vectors[n]) for rank, n in enumerate(order[:sample])]
        drawn.sort(key=lambda each: each[0])
        tried = [_cycles(form, sketch, vector) for _, sketch, vector in drawn[:sample]]
        row[name] = min((total for total in tried if total is not None), default=None)
    row["gain"] = row["neither"] / row["both"] if row["neither"] and row["both"] else None
    return row


def _drawn(sketch: Sketch, count: int, threads: bool, buffers: bool) -> np.ndarray:
    """Candidates of a sketch that hide latency in this way."""
    second = any(step.name == "double_buffer" for step in sketch.steps)
    if second is not buffers or not sketch.decisions:
        return np.empty((0, 0), dtype=np.int64)
    vectors = np.unique(sketch.sample(np.random.default_rng(0), count), axis=0)
    columns = [n for n, decision in enumerate(sketch.decisions) if decision.role == "threads"]
    return vectors[(vectors[:, columns] > 1).any(axis=1) == threads]


def _cycles(form: PackedWorkload, sketch: Sketch, vector: np.ndarray) -> int | None:
    """None where there is no room after all."""
    try:
        program = _program(form, sketch.bind([int(value) for value in vector]))
    except LoweringError:
        return None
    return cycles_on(TARGET, program.instructions).total


def _program(form: PackedWorkload, trace: Trace) -> Program:
    return lower_vta(replay(form.outputs, trace), form.tensors, form.config)


def _check(form: PackedWorkload, program: Program) -> None:
    """Raise where a program is wrong, or not the same on every implementation."""
    arrays = form.instance.make_inputs(seed=1)
    dram = program.image(form.pack(arrays))
    Simulator(form.config, strict=True).run(program.instructions, dram)
    (got,) = form.unpack(program.outputs(dram))
    expected = form.instance.numpy_reference(arrays)
    assert expected is not None, "the layers have a reference"
    np.testing.assert_array_equal(got, expected[0])


def _macs_a_cycle() -> int:
    config = config_of(TARGET)
    return config.batch * config.block_in * config.block_out


def _totals(layers: list[Layer], rows: list[Row]) -> Row:
    counts = [layer.count for layer in layers]
    ours = sum(n * row["cycles"] for n, row in zip(counts, rows, strict=True))
    theirs = sum(n * layer.tvm for n, layer in zip(counts, layers, strict=True))
    return {
        "convolutions": sum(counts),
        "cycles": ours,
        "tvm_cycles": theirs,
        "ratio": ours / theirs,
    }


if __name__ == "__main__":
    main()
