"""Operands are read along a reduction: each lane of a vector has a sum of its own."""

from __future__ import annotations

from math import prod

import pytest

from autosched import te
from autosched.ops.matmul import matmul
from autosched.schedule.sketch import Sketch
from autosched.search.space.generate import space
from autosched.te.tensor import Tensor
from tests.search.tasks import MACHINE


def product(m: int, n: int, transposed: bool) -> Tensor:
    A = te.placeholder((m, 256), name="A")
    B = te.placeholder((n, 256) if transposed else (256, n), name="B")
    return matmul(A, B, transpose_b=transposed)


def first(output: Tensor) -> Sketch:
    sketch = space([output], MACHINE).sketches[0]
    assert sketch.name == "in_lanes"
    return sketch


@pytest.mark.parametrize("m", [2, 3, 4])
def test_a_tile_stays_in_registers(m: int) -> None:
    sketch = first(product(m, 512, True))
    names = [each.name for each in sketch.decisions]
    tile = names.index("j.tile")
    most = max(sketch.decisions[tile].choices)
    assert prod((m, sketch.default[tile])) <= prod((m, most)) <= 12


def test_only_the_small_operand_is_copied_where_it_lies_the_other_way() -> None:
    steps = [step.name for step in first(product(512, 2, False)).steps]
    assert steps.count("cache_read") == 1
    assert "cache_read" not in [step.name for step in first(product(512, 2, True)).steps]
