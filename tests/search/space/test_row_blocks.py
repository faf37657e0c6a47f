"""Blocks of rows: how many by default, and what is fetched ahead."""

from __future__ import annotations

import numpy as np
import pytest

from autosched import te
from autosched.building import build_schedule
from autosched.ops.norms import group_norm, l2_norm, layer_norm
from autosched.ops.softmax import log_softmax, softmax
from autosched.schedule.trace import replay
from autosched.target.target import Target
from tests.search.space.nests import derived, nest, reduced, rows


def rows_of_a_block(output: te.Tensor) -> list[int]:
    """The default number of rows of a block, and the choices; nothing for no blocks."""
    sketch = derived(output)["rows_partition"]
    for decision, default in zip(sketch.decisions, sketch.default, strict=True):
        if decision.name.endswith(".rows"):
            return [default, *decision.choices]
    return []


@pytest.mark.parametrize(
    ("m", "n", "default"),
    [(1024, 32, 16), (1024, 128, 4), (1024, 300, 2), (1024, 1024, 2), (1024, 3000, 1), (24, 32, 2)],
)
def test_short_rows_are_put_together(m: int, n: int, default: int) -> None:
    assert rows_of_a_block(softmax(rows(m, n))) == [default, 1, 2, 4, 8, 16]


def test_a_block_has_no_more_rows_than_there_are() -> None:
    assert rows_of_a_block(softmax(rows(12, 64))) == [1, 1, 2, 4, 8]
    assert rows_of_a_block(softmax(rows(1, 64))) == []


def test_rows_of_a_size_not_known_are_alone() -> None:
    assert rows_of_a_block(softmax(rows(te.var("m"), 64))) == []
    assert rows_of_a_block(softmax(rows(64, te.var("n")))) == []


def test_rows_that_are_only_reduced_make_no_blocks() -> None:
    assert rows_of_a_block(reduced(rows(64, 64), 1)) == []
    assert rows_of_a_block(l2_norm(rows(64, 64))) == []


def test_rows_of_several_axes_make_no_blocks() -> None:
    images = te.placeholder((2, 8, 16, 16), name="images")
    gamma, beta = (te.placeholder((8,), name=name) for name in ("gamma", "beta"))
    assert rows_of_a_block(group_norm(images, gamma, beta, groups=8)) == []


def test_the_last_reader_before_the_result_fetches() -> None:
    text = nest(log_softmax(rows(64, 128)), "rows_partition")
    assert text.count("prefetch") == 1
    fetching = text.split("prefetch")[1].split("alloc")[0]
    assert "row_sum.rf[i0, r.inner] +=" in fetching


def test_what_is_the_same_for_all_rows_is_not_fetched() -> None:
    gamma, beta = (te.placeholder((128,), name=name) for name in ("gamma", "beta"))
    text = nest(layer_norm(rows(64, 128), gamma, beta), "rows_partition")
    assert "[prefetch=(('A', 4),)]" in text


@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_blocks_that_do_not_divide_the_rows(count: int) -> None:
    output = softmax(rows(11, 20))
    sketch = derived(output)["rows_partition"]
    vector = list(sketch.default)
    vector[[each.name for each in sketch.decisions].index("softmax.i0.rows")] = count
    schedule = replay([output], sketch.bind(vector))
    inputs = [each for each in schedule.tensors if each.op.name == "A"]
    kernel = build_schedule(schedule, [*inputs, output], Target.host().with_threads(2))
    x = np.random.default_rng(0).normal(size=(11, 20)).astype(np.float32)
    y = np.empty_like(x)
    kernel(x, y)
    e = np.exp(x - x.max(axis=1, keepdims=True))
    np.testing.assert_allclose(y, e / e.sum(axis=1, keepdims=True), rtol=1e-5)
