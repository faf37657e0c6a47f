"""Long rows of an operand are read as they lie; partial sums stay in the caches."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autosched.schedule.trace import replay
from autosched.search.space.generate import space
from autosched.target.target import Target
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


def test_the_rows_of_a_block_use_a_vector_while_it_is_in_a_register() -> None:
    output = matmul(2, 512, 256)
    sketch = space([output], MACHINE.with_threads(1)).sketches[0]
    schedule = replay([output], sketch.bind(sketch.default))
    local, *_ = [stage for stage in schedule.stages if stage.op.reduce_axis]
    assert [axis.name for axis in local.leaves] == [
        "k.outer", "j.c.outer", "k.inner", "i.c", "j.c.inner",
    ]  # fmt: skip
