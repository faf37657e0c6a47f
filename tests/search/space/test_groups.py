"""The groups of stages that share the loops over rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.ops.norms import group_norm
from autosched.ops.softmax import softmax
from autosched.schedule import create_schedule
from autosched.schedule.trace import replay
from autosched.search.space import groups as module
from autosched.search.space.generate import space
from autosched.search.space.groups import group_of, groups
from autosched.target.target import Target
from autosched.te.evaluate import evaluate
from tests.search.space.nests import reduced, rows


def reduced_last(x: te.Tensor) -> te.Tensor:
    """Sums along the last of three axes."""
    *shape, size = x.shape
    k = te.reduce_axis((0, size), name="k")
    return te.compute(shape, lambda i, j: te.sum(x[i, j, k], axis=k), name="total")


def grouped(*outputs: te.Tensor) -> dict[str, tuple[list[str], list[int]]]:
    """Return the members and the shared dimensions of every group, by the name of its sink."""
    schedule = create_schedule([*outputs])
    computed = [stage for stage in schedule.stages if not stage.is_placeholder]
    return {
        group.sink.name: ([stage.name for stage in group.members], group.rows)
        for group in groups(schedule, computed, in_parts=True)
    }


def test_a_softmax_is_one_group() -> None:
    members = ["row_max", "exp", "row_sum"]
    assert grouped(softmax(rows())) == {"softmax": (members, [0])}


def test_what_every_row_needs_whole_is_apart() -> None:
    A = rows()
    total = reduced(A, 1)
    k = te.reduce_axis((0, 32), name="k")
    all_of_it = te.compute((1,), lambda _: te.sum(total[k], axis=k), name="all_of_it")
    output = te.compute(A.shape, lambda i, j: A[i, j] / all_of_it[0], name="o")
    assert grouped(output) == {"o": ([], [0, 1]), "all_of_it": ([], [0]), "total": ([], [0])}


def test_few_rows_are_not_worth_sharing() -> None:
    assert grouped(softmax(rows(2, 64)))["softmax"][0] == []


def test_a_producer_of_two_outputs_is_apart() -> None:
    A = rows()
    total = reduced(A, 1)
    one = te.compute(A.shape, lambda i, j: A[i, j] + total[i], name="one")
    two = te.compute(A.shape, lambda i, j: A[i, j] - total[i], name="two")
    assert grouped(one, two) == {
        "one": ([], [0, 1]),
        "two": ([], [0, 1]),
        "total": ([], [0]),
    }


def test_an_output_that_is_read_is_a_sink_too() -> None:
    A = rows()
    total = reduced(A, 1)
    one = te.compute(A.shape, lambda i, j: A[i, j] + total[i], name="one")
    assert set(grouped(total, one)) == {"one", "total"}


def test_what_every_point_needs_once_shares_vectors_too() -> None:
    y = rows(16, 64)
    x = te.placeholder((16, 64, 5), name="x")
    total = reduced_last(x)
    z = te.compute(y.shape, lambda i, j: y[i, j] / total[i, j], name="z")
    assert grouped(z) == {"z": (["total"], [0, 1])}


def test_a_producer_of_what_is_scheduled_is_apart() -> None:
    A = rows()
    total = reduced(A, 1)
    output = te.compute(A.shape, lambda i, j: A[i, j] / total[i], name="o")
    schedule = create_schedule([output])
    (group,) = groups(schedule, [schedule[total]])
    assert group.sink is schedule[total]


def test_stages_can_be_kept_apart() -> None:
    A = rows()
    total = reduced(A, 1)
    output = te.compute(A.shape, lambda i, j: A[i, j] / total[i], name="o")
    schedule = create_schedule([output])
    found = groups(schedule, [schedule[total], schedule[output]], single=[schedule[total]])
    assert [group.sink.name for group in found] == ["o", "total"]


def test_the_group_of_a_stage_has_it_and_none_that_is_excluded() -> None:
    A = rows()
    total = reduced(A, 1)
    one = te.compute(A.shape, lambda i, j: A[i, j] + total[i], name="one")
    two = te.compute(A.shape, lambda i, j: A[i, j] * 2.0, name="two")
    schedule = create_schedule([one, two])
    for tensor, sink in ((one, one), (two, two), (total, one)):
        group = group_of(schedule, schedule[tensor])
        assert group is not None
        assert group.sink is schedule[sink]
    group = group_of(schedule, schedule[total], [schedule[one].number])
    assert group is not None
    assert group.sink is schedule[total]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of any length are shared."""
    monkeypatch.setattr(module, "LEAST_POINTS", 1)


def normed(n: int, c: int, count: int, *space: int) -> tuple[Any, ...]:
    x = te.placeholder((n, c, *space), name="x")
    gamma, beta = (te.placeholder((c,), name=name) for name in ("gamma", "beta"))
    return x, gamma, beta, group_norm(x, gamma, beta, count)


def divided(*sizes: int, also: bool = False) -> tuple[Any, ...]:
    """Sums of rows, read by pairs of two axes; those of the first axis whole too if `also`."""
    m, n = sizes
    x = te.placeholder((m, n, 5), name="x")
    y = te.placeholder((2 * m, 2 * n, 5), name="y")
    k = te.reduce_axis((0, 5), name="k")
    total = te.compute((m, n), lambda i, j: te.sum(x[i, j, k], axis=k), name="total")
    z = te.compute(
        y.shape,
        lambda i, j, c: (
            y[i, j, c] / (total[i // 2, j // 2] + (total[i % m, j // 2] if also else 1))
        ),
        name="z",
    )
    return x, y, z


def test_means_of_a_few_channels_are_computed_where_they_are_used() -> None:
    def loops(*sizes: int) -> str:
        tensors = normed(*sizes)
        first = space(tensors[-1:], Target.host().with_threads(1)).sketches[0]
        return str(autosched.lower(replay(tensors[-1:], first.bind(first.default)), tensors))

    long = loops(1, 24, 8, 19, 23)
    assert long.count("parallel c.outer in 0..8") == long.count("parallel") == 1
    assert loops(1, 24, 8, 5, 7).count("parallel") == 3, "short parts wait for their sums"


@pytest.mark.usefixtures("short")
def test_axes_are_aligned_in_parts_alone_or_together() -> None:
    assert grouped(divided(2, 8)[-1]) == {"z": (["total"], [0, 1])}
    assert grouped(divided(2, 8, also=True)[-1]) == {"z": (["total"], [1])}
    assert grouped(divided(2, 2)[-1])["z"][0] == [], "too few parts"


@pytest.mark.usefixtures("short")
def test_parts_are_those_of_rows_that_all_stages_share() -> None:
    schedule = create_schedule([divided(2, 8, also=True)[-1]])
    computed = [stage for stage in schedule.stages if not stage.is_placeholder]
    assert [group.parts for group in groups(schedule, computed, in_parts=True)] == [{1: 2}]


@pytest.mark.usefixtures("short")
def test_rows_are_divided_evenly_and_only_where_no_stage_needs_each() -> None:
    y, x = rows(32, 64), te.placeholder((16, 5), name="x")
    third = reduced(rows(11, 5), 1)
    z = te.compute(y.shape, lambda i, j: y[i, j] / third[i // 3], name="z")
    assert grouped(z)["z"][0] == []
    k = te.reduce_axis((0, 5), name="k")
    half = te.compute((16,), lambda i: te.sum(x[i, k], axis=k), name="half")
    each = reduced(rows(32, 5), 1)
    z = te.compute(y.shape, lambda i, j: y[i, j] / half[i // 2] / each[i], name="z")
    assert grouped(z)["z"] == (["total"], [0])


@pytest.mark.usefixtures("short")
def test_vectors_are_not_divided() -> None:
    x = rows(32, 64)
    total = reduced(x, 0)
    y = te.compute((3, 128), lambda i, j: te.const(2.0, "float32") * total[j // 2], name="y")
    assert grouped(y)["y"][0] == []


@pytest.mark.usefixtures("short")
def test_parts_share_no_vectors() -> None:
    """Loops over parts would be around loops over single columns."""
    y = rows(32, 4)
    x = te.placeholder((16, 4, 5), name="x")
    total = reduced_last(x)
    z = te.compute(y.shape, lambda i, j: y[i, j] / total[i // 2, j], name="z")
    assert grouped(z)["z"][0] == []


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    "tensors",
    [
        normed(1, 24, 8, 5, 7),
        normed(2, 33, 11, 1, 3),
        normed(1, 18, 9, 1),
        normed(3, 8, 4, 17),
        divided(2, 8),
        divided(3, 3),
        divided(2, 8, also=True),
        divided(1, 11),
    ],
    ids=str,
)
def test_results_of_parts(tensors: tuple[Any, ...], threads: int) -> None:
    *given, result = tensors
    target = Target.host().with_threads(threads)
    rng = np.random.default_rng(1)
    shapes = [[int(size.value) for size in each.shape] for each in given]
    arrays = [rng.random(shape, np.float32) + 0.5 for shape in shapes]
    (expected,) = evaluate([result], dict(zip(given, arrays, strict=True)))
    for sketch in space([result], target).sketches:
        schedule = replay([result], sketch.bind(sketch.default))
        found = np.empty_like(expected)
        autosched.build(schedule, [*given, result], target=target)(*arrays, found)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5, err_msg=sketch.name)
