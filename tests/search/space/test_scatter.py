"""Reductions to the points that data names: where the rule is for them, and what is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.search.space.conformance import RuleConformance
from autosched.search.space.generate import space
from autosched.search.space.scatter import ScatteredReduction
from autosched.target.target import Target
from autosched.te.evaluate import evaluate
from autosched.te.tensor import Tensor
from tests.search.space.nests import WIDE, nest, shown

Inputs = list[Tensor]


def segments(
    n: int,
    d: int,
    points: int,
    reducer: Callable[..., te.Expr] = te.sum,
    kind: str = "float32",
    where: Callable[[te.Expr], te.Expr] | None = None,
) -> tuple[Inputs, Tensor]:
    x, index = te.placeholder((n, d), kind, name="x"), te.placeholder((n,), "int32", name="index")
    k = te.reduce_axis((0, n), name="k")

    def body(i: te.Expr, j: te.Expr) -> te.Expr:
        named = index[k].equal(i)
        return reducer(x[k, j], axis=k, where=te.all(where(k), named) if where else named)

    return [x, index], te.compute((points, d), body, name="C")


def histogram(n: int, points: int, kind: str = "uint8") -> tuple[Inputs, Tensor]:
    index, k = te.placeholder((n,), kind, name="index"), te.reduce_axis((0, n), name="k")
    count = lambda i: te.sum(te.if_then_else(index[k].equal(i), 1, 0), axis=k)  # noqa: E731
    return [index], te.compute((points,), count, name="C")


def histograms(n: int, points: int, batch: int, batch_last: bool = False) -> tuple[Inputs, Tensor]:
    k = te.reduce_axis((0, n), name="k")
    index = te.placeholder((n, batch) if batch_last else (batch, n), "int16", name="index")
    if batch_last:
        body = lambda i, b: te.sum(1, axis=k, where=index[k, b].equal(i))  # noqa: E731
        return [index], te.compute((points, batch), body, name="C")
    body = lambda b, i: te.sum(1, axis=k, where=index[b, k].equal(i))  # noqa: E731
    return [index], te.compute((batch, points), body, name="C")


def planes(n: int, points: int) -> tuple[Inputs, Tensor]:
    """Each number of a vector of bins is for a plane, whose points are in another order."""
    x = te.placeholder((5, n, 3), name="x")
    index, k = te.placeholder((n,), "int64", name="index"), te.reduce_axis((0, n), name="k")
    body = lambda a, i, b: te.max(x[b, k, a], axis=k, where=index[k].equal(i))  # noqa: E731
    return [x, index], te.compute((3, points, 5), body, name="C")


def rows(
    n: int, d: int, points: int, kind: str = "float32", reducer: Callable[..., te.Expr] = te.sum
) -> tuple[Inputs, Tensor]:
    """Rows of a table that an index names, each as what is combined of all."""
    table = te.placeholder((points, d), kind, name="table")
    index, k = te.placeholder((n,), "int32", name="index"), te.reduce_axis((0, points), name="k")
    body = lambda i, j: reducer(table[k, j], axis=k, where=index[i].equal(k))  # noqa: E731
    return [table, index], te.compute((n, d), body, name="C")


def elements(n: int, d: int) -> tuple[Inputs, Tensor]:
    """An element of each row, as a choice for each one of it."""
    x, index = te.placeholder((n, d), name="x"), te.placeholder((n,), "int64", name="index")
    k = te.reduce_axis((0, d), name="k")
    value = lambda i: te.if_then_else(index[i].equal(k), x[i, k], 0.0)  # noqa: E731
    return [x, index], te.compute((n,), lambda i: te.sum(value(i), axis=k), name="C")


def bags(n: int, size: int, points: int, d: int) -> tuple[Inputs, Tensor]:
    """Sums of some rows of a table."""
    table = te.placeholder((points, d), name="table")
    index = te.placeholder((n, size), "int32", name="index")
    k, r = te.reduce_axis((0, points), name="k"), te.reduce_axis((0, size), name="r")
    body = lambda i, j: te.sum(table[k, j], axis=[k, r], where=index[i, r].equal(k))  # noqa: E731
    return [table, index], te.compute((n, d), body, name="C")


CASES = {
    "rows of a table": rows(13, 37, 19),
    "greatest rows of bytes": rows(13, 20, 5, "int8", te.max),
    "rows of halves": rows(5, 1, 40, "float16"),
    "sums of rows": bags(7, 3, 50, 17),
    "segments": segments(70, 37, 9),
    "one column": segments(50, 1, 40),
    "greatest of bytes": segments(33, 20, 5, te.max, "int8"),
    "products": segments(12, 18, 7, te.prod, "float64"),
    "halves": segments(19, 17, 6, te.max, "float16"),
    "histogram": histogram(200, 61),
    "rows": histograms(40, 33, 3),
    "columns": histograms(40, 33, 3, batch_last=True),
    "planes": planes(21, 8),
    "some rows": segments(40, 17, 6, where=lambda k: k % 3 > 0),
}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", CASES)
def test_results_are_those_of_the_expression(name: str, threads: int) -> None:
    inputs, output = CASES[name]
    random = np.random.default_rng(0)
    arrays = []
    for tensor in inputs:
        shape = [int(size.value) for size in tensor.shape]
        if tensor.name == "index":
            least = 0 if tensor.dtype.kind == "uint" else -3
            values = random.integers(least, 70, shape) % 75
        else:
            values = random.integers(-3, 4, shape)
        arrays.append(values.astype(tensor.dtype.numpy))
    (expected,) = evaluate([output], dict(zip(inputs, arrays, strict=True)), {})
    target = replace(Target.host(), threads=threads)
    sketches = [s for s in space([output], target).sketches if "scatter" in s.name]
    assert sketches
    kernel = autosched.build([*inputs, output], target=target)
    np.testing.assert_array_equal(kernel(*arrays), expected)


def test_the_loop_over_points_is_inside_of_the_data() -> None:
    _, output = segments(70, 40, 9)
    assert nest(output, "scatter") == shown("""
        for k in 0..70:
            for i in 0..9:
                for j.outer in 0..2 [j: partition]:
                    vectorized j.inner in 0..32:
                        C[i, j] += x[k, j] if index[k] == int32(i)
    """)


@pytest.mark.parametrize("points", [16, 31])
def test_few_points_stay_in_vectors(points: int) -> None:
    assert "scatter" not in space([histogram(200, points)[1]], WIDE).sketches[0].name
    assert "scatter" in space([histogram(200, 2 * points)[1]], WIDE).sketches[0].name


def test_the_loop_over_a_table_is_inside_of_the_rows() -> None:
    _, output = rows(70, 40, 9)
    assert nest(output, "scatter") == shown("""
        for i in 0..70:
            for k in 0..9:
                for j.outer in 0..2 [j: partition]:
                    vectorized j.inner in 0..32:
                        C[i, j] += table[k, j] if index[i] == int32(k)
    """)
    assert "scatter" not in space([rows(70, 40, 3)[1]], WIDE).sketches[0].name


def test_threads_share_rows_of_a_table() -> None:
    machine = replace(WIDE, threads=2)
    for _, output in (rows(1 << 12, 64, 10), elements(1 << 17, 10)):
        (sketch, *_) = space([output], machine).sketches
        assert any(step.name == "parallel" for step in sketch.steps)


def test_elements_of_rows_are_in_the_order_of_the_expression() -> None:
    inputs, output = elements(37, 11)
    x = np.arange(37 * 11, dtype="float32").reshape(37, 11)
    index = np.arange(37) % 13 - 1
    expected = np.where((index >= 0) & (index < 11), x[np.arange(37), index % 11], 0.0)
    np.testing.assert_array_equal(autosched.build([*inputs, output])(x, index), expected)


def test_infinities_that_no_index_names_stay_apart() -> None:
    inputs, output = rows(6, 20, 8)
    table, index = np.full((8, 20), np.nan, "float32"), np.array([1, 1, 8, -1, 1, 9], "int32")
    table[1] = np.arange(20)
    expected = np.zeros((6, 20), "float32")
    expected[[0, 1, 4]] = table[1]
    np.testing.assert_array_equal(autosched.build([*inputs, output])(table, index), expected)


def test_threads_share_rows_not_what_lies_between_results_of_others() -> None:
    machine = replace(WIDE, threads=2)
    rows, columns = (histograms(1 << 15, 100, 4, last)[1] for last in (False, True))
    shared = [space([each], machine).sketches[0] for each in (rows, columns)]
    assert [any(s.name == "parallel" for s in each.steps) for each in shared] == [True, False]


def test_other_reductions_are_left_to_other_rules() -> None:
    x, index = te.placeholder((50,), name="x"), te.placeholder((50,), "int32", name="index")
    k = te.reduce_axis((0, 50), name="k")
    for where in (
        lambda i: index[k] >= i,
        lambda i: index[k].equal(i + 1),
        lambda i: (k % 7).equal(i // 8),
    ):
        output = te.compute((64,), lambda i, w=where: te.sum(x[k], axis=k, where=w(i)))
        assert not any("scatter" in s.name for s in space([output], WIDE).sketches)
    masked = te.compute(
        (64,), lambda i: te.sum(te.if_then_else(index[k].equal(i), x[k], 1.0), axis=k)
    )
    assert not any("scatter" in s.name for s in space([masked], WIDE).sketches)


class TestConformance(RuleConformance):
    rule = ScatteredReduction()

    def expressions(self) -> list[list[Tensor]]:
        return [[output] for _, output in CASES.values()]
