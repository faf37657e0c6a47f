"""The loop nests of sketches, on a machine with 16 lanes."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent
from typing import Any

from autosched import te
from autosched.schedule.sketch import Sketch
from autosched.schedule.trace import replay
from autosched.search.space.generate import space
from autosched.te.tensor import ComputeOp
from tests.search.tasks import MACHINE

WIDE = replace(MACHINE, features="+avx512f", vector_bits=512)


def derived(*outputs: te.Tensor) -> dict[str, Sketch]:
    return {sketch.name: sketch for sketch in space(outputs, WIDE).sketches}


def nest(output: te.Tensor, name: str, **decisions: int) -> str:
    """Return the nest of a sketch's default, with decisions given by the ends of their names."""
    sketch = derived(output)[name]
    vector = list(sketch.default)
    for ending, value in decisions.items():
        (position,) = (
            number
            for number, decision in enumerate(sketch.decisions)
            if decision.name.replace(".", "_").endswith(ending)
        )
        vector[position] = value
    return str(replay([output], sketch.bind(vector)))


def shown(text: str) -> str:
    return dedent(text).strip("\n")


def rows(m: Any = 32, n: Any = 64, name: str = "A") -> te.Tensor:
    return te.placeholder((m, n), name=name)


def reduced(x: te.Tensor, axis: int, by: Any = te.sum, name: str = "total") -> te.Tensor:
    """Reduce `x`, of two dimensions, over one of them."""
    k = te.reduce_axis((0, x.shape[axis]), name="k")
    kept = x.shape[1 - axis]
    read = (lambda i: x[k, i]) if axis == 0 else (lambda i: x[i, k])
    return te.compute((kept,), lambda i: by(read(i), axis=k), name=name)


def op(tensor: te.Tensor) -> ComputeOp:
    assert isinstance(tensor.op, ComputeOp)
    return tensor.op
