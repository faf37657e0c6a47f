"""Long rows of an operand are read as they lie; partial sums stay in the caches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autosched import te
from autosched.building import build_schedule
from autosched.schedule.trace import replay
from autosched.search.space.generate import space
from autosched.target.target import Target
from autosched.te.dag import inputs
from tests.schedule.nests import matmul
from tests.search.tasks import MACHINE


def block(m: int, n: int, target: Target) -> int:
    """The points in a block of the first sketch of `m` rows and `n` columns."""
    sketch = space([matmul(m, n, 256)], target).sketches[0]
    assert sketch.name == "streamed"
    names = [each.name for each in sketch.decisions]
    return sketch.default[names.index("j.block")]


@pytest.mark.parametrize(("threads", "expected"), [(1, 4096), (2, 1024), (4, 512)])
def test_one_thread_reads_whole_rows_and_several_two_parts_each(
    threads: int, expected: int
) -> None:
    assert block(2, 4096, MACHINE.with_threads(threads)) == expected


def test_partial_sums_take_a_part_of_the_cache() -> None:
    small = replace(MACHINE.with_threads(1), l2_bytes=1 << 18)
    assert 2 * 4 * block(2, 16384, small) <= small.l2_bytes // 4


def leaves(m: int) -> tuple[list[str], list[list[str]]]:
    """The loops of the sums of `m` rows, and those of the copies, of the first sketch."""
    output = matmul(m, 2100, 256)
    sketch = space([output], MACHINE.with_threads(1)).sketches[0]
    schedule = replay([output], sketch.bind(sketch.default))
    (local,) = [stage for stage in schedule.stages if stage.op.reduce_axis]
    copies = [stage for stage in schedule.stages if stage.op.name.startswith("A.")]
    return [axis.name for axis in local.leaves], [
        [axis.name for axis in stage.op.axis] for stage in copies
    ]


def test_the_rows_of_a_tile_use_a_vector_while_it_is_in_a_register() -> None:
    loops, _ = leaves(2)
    assert loops == [
        "k.outer", "j.c.outer", "i.c.outer", "k.inner.outer", "k.inner.inner", "i.c.inner",
        "j.c.inner",
    ]  # fmt: skip


def test_many_rows_are_copied_so_that_a_tile_reads_neighbours() -> None:
    assert leaves(2)[1] == []
    assert len(leaves(16)[1]) == 1


@pytest.mark.parametrize(("m", "expected"), [(2, 2), (16, 8), (24, 12), (40, 10)])
def test_tiles_are_of_many_rows_and_about_equal(m: int, expected: int) -> None:
    sketch = space([matmul(m, 4096, 256)], MACHINE.with_threads(1)).sketches[0]
    names = [each.name for each in sketch.decisions]
    assert sketch.default[names.index("i.tile")] == expected


def test_weights_that_were_packed_are_not_streamed_past_many_channels() -> None:
    x = te.placeholder((64, 4096), name="x")
    w = te.placeholder((32, 64), name="w", constant=True)
    k = te.reduce_axis((0, 64), name="k")
    y = te.compute((32, 4096), lambda o, p: te.sum(w[o, k] * x[k, p], axis=k))
    assert space([y], MACHINE.with_threads(1)).sketches[0].name != "streamed"


@pytest.mark.parametrize(
    ("m", "n", "k"), [(5, 1061, 131), (17, 1031, 67), (33, 1601, 37), (64, 1040, 33), (2, 2050, 9)]
)
def test_awkward_sizes_are_right(m: int, n: int, k: int) -> None:
    output = matmul(m, n, k)
    small = replace(MACHINE.with_threads(2), l1_bytes=1 << 12, l2_bytes=1 << 16)
    sketch = space([output], small).sketches[0]
    assert sketch.name == "streamed"
    schedule = replay([output], sketch.bind(sketch.default))
    kernel = build_schedule(schedule, [*inputs([output]), output], Target.host().with_threads(2))
    random = np.random.default_rng(0)
    a, b = (random.random(shape, "float32") for shape in ((m, k), (k, n)))
    c = np.full((m, n), np.nan, "float32")
    kernel(a, b, c)
    np.testing.assert_allclose(c, a @ b, rtol=1e-4)


@pytest.mark.parametrize("shape", [(4, 4, 4), (2, 3, 5), (2, 2, 2, 2, 2, 2)])
def test_sums_of_many_short_axes_stay_within_the_registers(shape: tuple[int, ...]) -> None:
    a = te.placeholder((*shape, 67), name="a")
    b = te.placeholder((67, 1040), name="b")
    k = te.reduce_axis((0, 67), name="k")
    y = te.compute((*shape, 1040), lambda *i: te.sum(a(*i[:-1], k) * b[k, i[-1]], axis=k), name="y")
    target = replace(MACHINE.with_threads(2), l1_bytes=1 << 12, l2_bytes=1 << 16)
    sketch = space([y], target).sketches[0]
    assert sketch.name == "streamed"
    assert all(limit.holds(np.array([sketch.default])) for limit in sketch.limits)
    random = np.random.default_rng(0)
    x, z = random.random((*shape, 67), "float32"), random.random((67, 1040), "float32")
    for vector in (sketch.default, *map(tuple, sketch.sample(random, 2).tolist())):
        kernel = build_schedule(replay([y], sketch.bind(vector)), [a, b, y], Target.host())
        found = np.full((*shape, 1040), np.nan, "float32")
        kernel(x, z, found)
        np.testing.assert_allclose(found, x @ z, rtol=1e-4)
