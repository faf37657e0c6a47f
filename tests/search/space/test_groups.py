"""The groups of stages that share the loops over rows."""

from __future__ import annotations

from autosched import te
from autosched.ops.softmax import softmax
from autosched.schedule import create_schedule
from autosched.search.space.groups import groups
from tests.search.space.nests import reduced, rows


def grouped(*outputs: te.Tensor) -> dict[str, tuple[list[str], list[int]]]:
    """Return the members and the shared dimensions of every group, by the name of its sink."""
    schedule = create_schedule([*outputs])
    computed = [stage for stage in schedule.stages if not stage.is_placeholder]
    return {
        group.sink.name: ([stage.name for stage in group.members], group.rows)
        for group in groups(schedule, computed)
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
