"""A small program that a worker for an accelerator runs before its first candidate.

The first use of the lowering, the simulator and the cycle model compiles machine code, which
takes some tenths of a second. A worker has time for that when it starts, while the first
candidates are being proposed.
"""

from __future__ import annotations

import numpy as np

from autosched import te
from autosched.backends.vta.packed.layout import extents
from autosched.backends.vta.schedules import default_schedule
from autosched.ir.expr import Expr
from autosched.measure.case import Case, Reference
from autosched.te.evaluate import evaluate
from autosched.te.tensor import Tensor
from autosched.vta.config import VTAConfig
from autosched.vta.lowering import Program, lower_vta

_TILES = 2
"""Tiles of each axis, so that there are loops around the tiles."""


def small_program(config: VTAConfig) -> tuple[Program, Case]:
    """Return a matrix product of a few tiles, and a case with zeros as inputs."""
    *inputs, out = tensors = _product(config)
    values = {tensor: np.zeros(extents(tensor), tensor.dtype.name) for tensor in inputs}
    (answer,) = evaluate([out], values)
    program = lower_vta(default_schedule(tensors, config), tensors, config)
    return program, Case(Reference.of(tensors, values, {out: answer}, tolerance=0.0))


def _product(config: VTAConfig) -> list[Tensor]:
    rows, columns, depth = config.batch, config.block_out, config.block_in
    data = te.placeholder((_TILES, _TILES, rows, depth), "int8", name="data")
    weight = te.placeholder((_TILES, _TILES, columns, depth), "int8", name="weight")
    outer = te.reduce_axis((0, _TILES), name="outer")
    inner = te.reduce_axis((0, depth), name="inner")

    def product(i: Expr, j: Expr, b: Expr, o: Expr) -> Expr:
        left, right = data(i, outer, b, inner), weight(j, outer, o, inner)
        return te.sum(left.astype("int32") * right.astype("int32"), axis=[outer, inner])

    shape = (_TILES, _TILES, rows, columns)
    sums = te.compute(shape, product, name="sums")
    shifted = te.compute(shape, lambda *i: sums(*i) >> 8, name="shifted")
    out = te.compute(shape, lambda *i: shifted(*i).astype("int8"), name="out")
    return [data, weight, out]
