"""What is packed for a block serves many points of it."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest

from autosched.schedule.sketch import Sketch
from autosched.search.space.contraction import LEAST_PACKED
from autosched.search.space.generate import space
from tests.schedule.nests import matmul
from tests.search.tasks import MACHINE


def near(m: int, n: int, k: int, threads: int) -> list[Sketch]:
    """The sketches that pack panels right before their use."""
    found = space([matmul(m, n, k)], MACHINE.with_threads(threads)).sketches
    return [sketch for sketch in found if "near" in sketch.name]


@pytest.mark.parametrize("threads", [1, 2, 16])
@pytest.mark.parametrize(("m", "least"), [(7, 7), (300, LEAST_PACKED)])
def test_a_panel_is_packed_for_many_rows(m: int, least: int, threads: int) -> None:
    sketches = near(m, 256, 4096, threads)
    assert sketches
    for sketch in sketches:
        names = [each.name for each in sketch.decisions]
        columns = [names.index(name) for name in ("i.tile", "i.block") if name in names]
        vectors = sketch.sample(np.random.default_rng(0), 64)
        assert all(prod(vector[columns]) >= least for vector in vectors)
        assert sketch.holds(np.array([sketch.default]))[0]
