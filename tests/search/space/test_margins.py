"""Stages that are read around a point: which they are, their margins, and what rows share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autosched import te
from autosched.ir.expr import Expr
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.inlining import inline_producers
from autosched.search.space.margins import MOST_MARGIN, is_read_around, rows_shared, stencils_of
from autosched.te.tensor import Tensor

Point = Callable[..., Expr]


def image(*sizes: int) -> Tensor:
    return te.placeholder(sizes, name="x")


def made(sizes: tuple[int, ...], point: Point, name: str) -> Tensor:
    return te.compute(sizes, point, name=name)


def members(*outputs: Tensor, excluded: tuple[int, ...] = ()) -> dict[str, tuple[int, ...]]:
    """The dimensions of the first output for those of each stage that it reads around."""
    schedule = SketchBuilder(outputs).schedule
    found = stencils_of(schedule, schedule[outputs[0]], excluded)
    return {stage.name: places for stage, places in found.members.items()} if found else {}


def margins(output: Tensor) -> set[int]:
    schedule = SketchBuilder([output]).schedule
    found = stencils_of(schedule, schedule[output])
    return set(found.margins) if found else set()


def test_margins_are_along_the_axes_that_are_read_around() -> None:
    x = image(20, 30)
    e = made((20, 30), lambda i, j: te.exp(x[i, j]), "e")
    assert margins(made((18, 30), lambda i, j: e[i, j] + e[i + 2, j], "f")) == {0}
    assert margins(made((20, 28), lambda i, j: e[i, j] + e[i, j + 2], "f")) == {1}
    assert margins(made((18, 28), lambda i, j: e[i, j + 2] + e[i + 2, j], "f")) == {0, 1}
    assert margins(made((18, 28), lambda i, j: e[i + 1, j + 1] * 2.0, "f")) == set()


def test_margins_of_stages_that_are_read_around_each_other() -> None:
    x = image(20, 30)
    e = made((20, 30), lambda i, j: te.exp(x[i, j]), "e")
    f = made((20, 28), lambda i, j: e[i, j] + e[i, j + 2], "f")
    g = made((18, 28), lambda i, j: f[i, j] + f[i + 2, j], "g")
    assert members(g) == {"e": (0, 1), "f": (0, 1)}
    assert margins(g) == {0, 1}


def test_dimensions_may_be_in_another_order() -> None:
    x = image(20, 30)
    e = made((20, 30), lambda i, j: te.exp(x[i, j]), "e")
    g = made((30, 18), lambda j, i: e[i, j] + e[i + 2, j], "g")
    assert members(g) == {"e": (1, 0)}
    assert margins(g) == {1}


def test_readers_that_disagree_about_the_dimensions() -> None:
    x = image(20, 20)
    e = made((20, 20), lambda i, j: te.exp(x[i, j]), "e")
    f = made((20, 20), lambda i, j: te.exp(e[j, i]), "f")
    assert members(made((18, 20), lambda i, j: f[i, j] + f[i + 2, j] + e[j, i], "g")) == {
        "e": (1, 0),
        "f": (0, 1),
    }
    assert members(made((18, 20), lambda i, j: f[i, j] + f[i + 2, j] + e[i, j], "g")) == {
        "f": (0, 1)
    }


def test_what_is_needed_elsewhere_is_no_member() -> None:
    x = image(20, 30)
    e = made((20, 30), lambda i, j: te.exp(x[i, j]), "e")
    g = made((18, 30), lambda i, j: e[i, j] + e[i + 2, j], "g")
    assert members(g) == {"e": (0, 1)}
    assert members(g, e) == {}
    assert members(g, made((20, 30), lambda i, j: e[i, j] * 2.0, "h")) == {}
    (number,) = [s.number for s in SketchBuilder([g]).schedule.stages if s.name == "e"]
    assert members(g, excluded=(number,)) == {}


def test_sums_and_choices_are_not_computed_again() -> None:
    x, k = image(20, 30), te.reduce_axis((0, 30), name="k")
    rows = made((20,), lambda i: te.sum(x[i, k], axis=k), "rows")
    assert members(made((18,), lambda i: rows[i] + rows[i + 2], "g")) == {}
    chosen = made((20,), lambda i: te.if_then_else(i < 3, x[i, 0], 0.0), "chosen")
    assert members(made((18,), lambda i: chosen[i] + chosen[i + 2], "g")) == {}
    e = made((20, 30), lambda i, j: te.exp(x[i, j]), "e")
    assert members(made((18,), lambda i: te.sum(e[i, k] + e[i + 2, k], axis=k), "g")) == {}


@pytest.mark.parametrize(("reach", "is_near"), [(MOST_MARGIN, True), (MOST_MARGIN + 1, False)])
def test_margins_that_are_long(reach: int, is_near: bool) -> None:
    x = image(40)
    e = made((40,), lambda i: te.exp(x[i]), "e")
    g = made((20,), lambda i: e[i] + e[i + reach], "g")
    assert bool(members(g)) == is_near
    schedule = SketchBuilder([g]).schedule
    assert is_read_around(schedule, schedule[e]) == is_near


@pytest.mark.parametrize(
    ("point", "is_around"),
    [
        (lambda e, i: e[i] + e[i + 1], True),
        (lambda e, i: e[i + 1] * 2.0, False),
        (lambda e, i: e[i * 2] + e[i * 2 + 1], False),
        (lambda e, i: e[i] + e[3], False),
    ],
    ids=["neighbours", "one point", "steps of two", "a fixed point"],
)
def test_what_is_read_at_several_points(
    point: Callable[[Tensor, Expr], Expr], is_around: bool
) -> None:
    x = image(40)
    e = made((40,), lambda i: te.exp(x[i]), "e")
    schedule = SketchBuilder([made((19,), lambda i: point(e, i), "g")]).schedule
    assert is_read_around(schedule, schedule[e]) == is_around


def shared(output: Tensor) -> str | None:
    """The name of the axis whose points read common elements."""
    builder = SketchBuilder([output])
    inline_producers(builder, pads_inlined=True)
    found = rows_shared(builder.schedule, builder.schedule.stages[-1])
    return found.name if found is not None else None


def cross(*sizes: int) -> Tensor:
    """The sum of a point's neighbours."""
    x = image(*(size + 2 for size in sizes))
    steps = [
        tuple(1 + (d == e) * s for e in range(len(sizes)))
        for d in range(len(sizes))
        for s in (-1, 1)
    ]

    def total(*i: Expr) -> Expr:
        first, *others = (x(*(a + b for a, b in zip(i, step, strict=True))) for step in steps)
        return sum(others, first)

    return made(sizes, total, "total")


def mean(reach: int) -> Tensor:
    """Sums of three rows of means of three rows, which are folded into one expression."""
    x = image(30, 40)
    once = made((28, 40), lambda i, j: (x[i, j] + x[i + 1, j] + x[i + 2, j]) / 4.0, "mean")
    return made(
        (18, 40), lambda i, j: once[i, j] + once[i + reach, j] + once[i + 2 * reach, j], "total"
    )


def padded() -> Tensor:
    x = image(18, 32)
    inside = lambda i, j: te.if_then_else(te.all(i >= 1, i < 19), x[i - 1, j], 0.0)  # noqa: E731
    pad = made((20, 32), inside, "pad")
    return made((18, 32), lambda i, j: pad[i, j] + pad[i + 2, j], "total")


@pytest.mark.parametrize(
    ("output", "axis"),
    [
        (cross(5, 6, 7), "i0"),
        (cross(9), None),
        (mean(1), "i"),
        (mean(5), "i"),
        (padded(), "i"),
    ],
    ids=["three axes", "one axis", "rows", "far rows", "padding"],
)
def test_the_axis_whose_points_read_common_elements(output: Tensor, axis: str | None) -> None:
    assert shared(output) == axis


@pytest.mark.parametrize(
    "point",
    [
        lambda x, i, j: x[i, j] + x[i + 1, j + 1],
        lambda x, i, j: x[i, j] + x[i + 4, j],
        lambda x, i, j: x[i, j] + te.if_then_else(i > 2, x[i + 1, j], 0.0),
        lambda x, i, j: te.exp(x[i, j]) + x[i + 1, j],
        lambda x, i, j: sum((x[i, j + n] for n in range(16)), x[i + 1, j]),
    ],
    ids=["a diagonal", "far apart", "choices", "functions", "many"],
)
def test_points_that_are_computed_alone(point: Callable[..., Expr]) -> None:
    x = image(20, 48)
    assert shared(made((16, 32), lambda i, j: point(x, i, j), "output")) is None
