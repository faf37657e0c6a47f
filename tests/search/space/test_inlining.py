"""The stages that are inlined before any loop is split."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.ir.traverse import postorder
from autosched.schedule.inline import inline_all
from autosched.schedule.state import Inlined
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.inlining import MOST_OPERATIONS, inline_producers
from autosched.te.tensor import ComputeOp
from tests.search.space.nests import reduced, rows


def inlined(output: te.Tensor, pads: bool = False) -> list[str]:
    builder = SketchBuilder([output])
    inline_producers(builder, pads)
    stages = builder.schedule.stages
    return [stage.name for stage in stages if isinstance(stage.attachment, Inlined)]


def after(*tensors: te.Tensor) -> te.Tensor:
    shape = tensors[0].shape
    total = lambda *i: sum((t(*i) for t in tensors[1:]), tensors[0](*i))  # noqa: E731
    return te.compute(shape, total, name="after")


def test_what_is_cheap_wherever_it_is_read() -> None:
    A = rows()
    twice = te.compute(A.shape, lambda i, j: A[i, j] * 2.0, name="twice")
    more = te.compute(A.shape, lambda i, j: twice[i, j] + twice[j % 32, i], name="more")
    assert inlined(after(twice, more)) == ["twice", "more"]


def test_what_is_costly_where_it_is_read_once() -> None:
    A = rows()
    e = te.compute(A.shape, lambda i, j: te.exp(A[i, j]), name="e")
    assert inlined(after(e)) == ["e"]
    assert inlined(reduced(e, 1)) == ["e"]


def test_not_what_is_costly_and_read_again_and_again() -> None:
    A = rows()
    e = te.compute(A.shape, lambda i, j: te.exp(A[i, j]), name="e")
    total = reduced(e, 1)
    assert inlined(te.compute(A.shape, lambda i, j: e[i, j] / total[i], name="o")) == []
    wide = te.compute((32, 64, 9), lambda i, j, _: e[i, j], name="wide")
    assert inlined(wide) == []


def test_a_cheap_producer_that_reads_a_costly_one_is_costly() -> None:
    A = rows()
    e = te.compute(A.shape, lambda i, j: te.exp(A[i, j]), name="e")
    more = te.compute(A.shape, lambda i, j: e[i, j] + 1.0, name="more")
    total = reduced(more, 1)
    output = te.compute(A.shape, lambda i, j: more[i, j] / total[i], name="o")
    assert inlined(output) == ["e"]


def test_choices_on_request() -> None:
    A = te.placeholder((7,), name="A")
    padded = te.compute((9,), lambda i: te.if_then_else(i < 7, A[i], 0.0), name="padded")
    k = te.reduce_axis((0, 3), name="k")
    output = te.compute((7,), lambda i: te.sum(padded[i + k], axis=k), name="o")
    assert inlined(output) == []
    assert inlined(output, pads=True) == ["padded"]


def chain(stages: int, *shifts: int) -> te.Tensor:
    """Make stages of 64 elements; each adds elements of the one before at `shifts`, cyclically."""
    last = te.placeholder((64,), name="A")
    for number in range(stages):
        last = te.compute(
            (64,),
            lambda i, x=last: sum((x[(i + shift) % 64] for shift in shifts[1:]), x[i]) * 0.5,
            name=f"stage{number}",
        )
    return last


def largest_body(output: te.Tensor) -> int:
    builder = SketchBuilder([output])
    inline_producers(builder, False)
    ops = inline_all(builder.schedule)
    kept = [s for s in builder.schedule.stages if not isinstance(s.attachment, Inlined)]
    return max(len(postorder(ops[s].bodies)) for s in kept if isinstance(ops[s], ComputeOp))


@pytest.mark.parametrize("shifts", [(0,), (0, 1, 2)])
def test_long_chains_are_cut(shifts: tuple[int, ...]) -> None:
    output = chain(300, *shifts)
    assert 100 < len(inlined(output)) < 300
    assert largest_body(output) <= (1 + len(shifts)) * MOST_OPERATIONS


def test_short_chains_are_not() -> None:
    assert len(inlined(chain(20, 0))) == 19


def test_what_reads_several_elements_is_not_gathered_through() -> None:
    A = te.placeholder((9, 40), name="A")
    lines = te.compute((8, 40), lambda i, j: A[i, j] + A[i + 1, j] * 0.5, name="lines")
    moved = te.compute((9, 40), lambda i, j: A[i, j] * 2.0, name="moved")

    def between(source: te.Tensor) -> te.Tensor:
        place = lambda j: te.minimum(j * 3 // 7, 38)  # noqa: E731
        return te.compute(
            (8, 60), lambda i, j: source[i, place(j)] + source[i, place(j) + 1], name="between"
        )

    assert inlined(between(lines)) == []
    assert inlined(between(moved)) == ["moved"]
