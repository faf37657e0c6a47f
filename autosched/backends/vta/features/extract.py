"""The features of candidates for an accelerator: traffic, work, and what can overlap.

Everything is computed for a population at once, from the loops of the sketch and its
decisions; no candidate is lowered. Where padding is left out of products the numbers are
those with it, which is the same share for all candidates of a sketch.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from autosched.backends.vta.features.nests import AcceleratorView, Structure, structure_of
from autosched.cost_model.features.numbers import Value, least, most, rows_of
from autosched.cost_model.features.population import Population
from autosched.schedule.sketch import Sketch
from autosched.te.tensor import Tensor
from autosched.vta.config import Memory, VTAConfig

DELAY = 16
"""Cycles from a request at an idle bus to its first beat, about."""

LATENCY = 7
"""Cycles an instruction takes beside its work."""

STORE_BEAT = 3
"""Cycles a store takes for each beat."""

_KEPT = 64
"""Structures of sketches that are remembered; a workload has fewer than 20."""

_OPERANDS = ("data", "weights", "sums")
_MOVED = ("beats", "visits", "transfers", "rows")
_COUNTS = (
    *(f"{name}.{what}" for name in _OPERANDS for what in _MOVED),
    "store.transfers", "store.rows", "micro_ops", "steps", "tiles", "step.micro_ops",
    "tile.sums", "tile.columns", "tile.rows", "tile.channels", "step.depth", "gemm.cycles",
    "alu.cycles", "load.cycles", "store.cycles", "compute.cycles", "step.load", "step.gemm",
    "first.cycles", "last.cycles", "instructions", "estimate",
)  # fmt: skip
_SHARES = (
    "load.share", "store.share", "step.share", "first.share", "last.share", "waste",
    "threads", "threads.sharing_data", "threads.sharing_weights",
    "data.copies", "weights.copies", "sums.copies", "data.stays", "weights.stays", "skips",
    "inp.occupancy", "wgt.occupancy", "acc.occupancy",
)  # fmt: skip

accelerator_feature_names: tuple[str, ...] = (*_COUNTS, *_SHARES)
"""The name of each column; the counts, given as log2(1 + count), come first."""

ESTIMATE = accelerator_feature_names.index("estimate")
"""The column with an estimate of the cycles of a candidate."""


def extract_accelerator(
    outputs: Sequence[Tensor], sketch: Sketch, vectors: np.ndarray, config: VTAConfig
) -> np.ndarray:
    """Return the features of the candidates `vectors`, an (n, d) array of integers, of `sketch`.

    The result is float32 of shape (n, len(accelerator_feature_names)), and finite.
    """
    table = _table(outputs, sketch, vectors, config)
    counts = table[: len(_COUNTS)]
    np.log2(1.0 + counts, out=counts)
    return np.ascontiguousarray(table.T, dtype=np.float32)


def estimated_cycles(
    outputs: Sequence[Tensor], sketch: Sketch, vectors: np.ndarray, config: VTAConfig
) -> np.ndarray:
    """Return an estimate of the cycles of each candidate."""
    return _table(outputs, sketch, vectors, config)[ESTIMATE]


def _table(
    outputs: Sequence[Tensor], sketch: Sketch, vectors: np.ndarray, config: VTAConfig
) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.int64)
    structure = _structure(tuple(outputs), _Steps(sketch))
    view = AcceleratorView(structure, Population(vectors), config)
    values = _values(view)
    return rows_of([values[name] for name in accelerator_feature_names], len(vectors))


@lru_cache(maxsize=_KEPT)
def _structure(outputs: tuple[Tensor, ...], steps: _Steps) -> Structure:
    return structure_of(outputs, steps.sketch)


class _Steps:
    """The steps of a sketch, by identity: sketches that differ in their defaults share them."""

    def __init__(self, sketch: Sketch):
        self.sketch = sketch

    def __hash__(self) -> int:
        return id(self.sketch.steps)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Steps) and self.sketch.steps is other.sketch.steps


def _values(view: AcceleratorView) -> dict[str, Value]:
    values: dict[str, Value] = {}
    load: Value = 0.0
    for name, loads in view.loads.items():
        for what in _MOVED:
            values[f"{name}.{what}"] = sum((getattr(each, what) for each in loads), 0.0)
        if name != "sums":
            load = load + values[f"{name}.beats"] + LATENCY * values[f"{name}.transfers"]
    gemm = view.micro_ops + LATENCY * view.steps * view.taps
    alu = view.alu + LATENCY * view.tiles
    arriving = values["sums.beats"] + (LATENCY + DELAY) * values["sums.transfers"]
    compute = gemm + alu + arriving
    store_rows, store_transfers = view.stored
    store = STORE_BEAT * (view.stored_beats + store_rows) + LATENCY * store_transfers
    step_load = sum((each.beats / each.visits for each in view.streamed), 0.0)
    step_gemm = view.micro_ops / most(view.steps, 1.0)
    first = step_load + sum((each.beats / each.visits for each in view.resident), 0.0) + DELAY
    last = store / most(view.tiles, 1.0)
    busy = most(compute, load)
    # Without a second copy, or a second thread, one waits for the other.
    hidden = view.hides_loads
    busy = busy + (1.0 - hidden) * least(compute, load)
    busy = most(busy, store) + (1.0 - view.hides_stores) * store
    channels, rows, columns = view.tile_shape
    values |= {
        "store.transfers": store_transfers, "store.rows": store_rows,
        "micro_ops": view.micro_ops, "steps": view.steps, "tiles": view.tiles,
        "step.micro_ops": step_gemm, "tile.sums": view.tile_sums,
        "tile.columns": columns, "tile.rows": rows,
        "tile.channels": channels, "step.depth": view.depth,
        "gemm.cycles": gemm, "alu.cycles": alu, "load.cycles": load, "store.cycles": store,
        "compute.cycles": compute, "step.load": step_load, "step.gemm": step_gemm,
        "first.cycles": first, "last.cycles": last,
        "instructions": view.instructions(values), "estimate": busy + first + last,
        "load.share": load / most(compute, 1.0), "store.share": store / most(compute, 1.0),
        "step.share": step_load / most(step_gemm, 1.0), "first.share": first / most(compute, 1.0),
        "last.share": last / most(compute, 1.0), "waste": view.waste,
        "threads": view.threads, "threads.sharing_data": view.sharing("data"),
        "threads.sharing_weights": view.sharing("weights"),
        "data.copies": view.copies("data"), "weights.copies": view.copies("weights"),
        "sums.copies": view.copies("sums"), "data.stays": view.stays("data"),
        "weights.stays": view.stays("weights"), "skips": float(view.structure.skips),
        "inp.occupancy": view.occupancy("data", Memory.INP),
        "wgt.occupancy": view.occupancy("weights", Memory.WGT),
        "acc.occupancy": view.sums_occupancy,
    }  # fmt: skip
    return values
