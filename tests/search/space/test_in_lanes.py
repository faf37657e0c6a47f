"""Operands are read along a reduction: each lane of a vector has a sum of its own."""

from __future__ import annotations

from math import prod

import numpy as np
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


@pytest.mark.parametrize("m", [2, 3, 4, 7, 16, 25])
def test_a_tile_stays_in_registers(m: int) -> None:
    sketch = first(product(m, 512, True))
    names = [each.name for each in sketch.decisions]
    tiles = [names.index("i.tile"), names.index("j.tile")]
    high, wide = (sketch.default[tile] for tile in tiles)
    assert high * wide <= 12
    assert high == -(-m // -(-m // 3))  # as even as tiles of three rows
    random = np.random.default_rng(0)
    sampled = sketch.sample(random, 20)[:, tiles].tolist()
    assert all(prod(each) <= 12 for each in sampled)


def test_only_the_small_operand_is_copied_where_it_lies_the_other_way() -> None:
    steps = [step.name for step in first(product(512, 2, False)).steps]
    assert steps.count("cache_read") == 1
    assert "cache_read" not in [step.name for step in first(product(512, 2, True)).steps]
