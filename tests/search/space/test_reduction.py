"""Along which axis a reduction runs in vectors, and in how many."""

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.ops.depthwise_conv2d import depthwise_conv2d
from autosched.schedule.schedule import create_schedule
from autosched.search.space.generate import space
from autosched.search.space.reduction import (
    MOST_GUARDED,
    MOST_WRITTEN_OUT,
    reduces_in_lanes,
    turned_axes,
)
from autosched.search.space.tiles import vector_steps
from tests.search.space.nests import WIDE

LANES = 16


def rows(value, m=6, n=1000):
    """Sums over rows of a value of a matrix and a number for each row."""
    A, low = te.placeholder((m, n), name="A"), te.placeholder((m,), name="low")
    k = te.reduce_axis((0, n), name="k")
    return A, low, te.compute((m,), lambda i: te.sum(value(A[i, k], low[i]), axis=k), name="S")


VALUES = {
    "squares": lambda x, low: (x - low) * (x - low),
    "counts": lambda x, low: te.if_then_else(x > low, 1.0, 0.0),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_number_for_each_row_leaves_vectors_along_it(name):
    _, _, S = rows(VALUES[name])
    (stage,) = [each for each in create_schedule(S).stages if each.op is S.op]
    assert reduces_in_lanes(stage, LANES)


@pytest.mark.parametrize("shape", [(6, 1000, 1), (6, 1, 1000, 1, 1)])
def test_dimensions_of_one_point_do_not_count(shape):
    A = te.placeholder(shape, name="A")
    k, *ones = (te.reduce_axis((0, n), name=f"k{n}") for n in (1000, *(1,) * (len(shape) - 2)))
    at = (lambda i: A[i, k, ones[0]]) if A.ndim == 3 else (lambda i: A[i, ones[0], k, *ones[1:]])
    S = te.compute((6,), lambda i: te.sum(at(i), axis=[k, *ones]), name="S")
    (stage,) = [each for each in create_schedule(S).stages if each.op is S.op]
    assert reduces_in_lanes(stage, LANES)
    a, found = np.random.default_rng(4).random(shape, "float32"), np.empty(6, "float32")
    autosched.build([A, S])(a, found)
    np.testing.assert_allclose(found, a.reshape(6, -1).sum(1), rtol=1e-5)


def test_vectors_run_along_a_matrix_that_is_contiguous_across_rows():
    A, B = te.placeholder((64, 40), name="A"), te.placeholder((40, 64), name="B")
    k = te.reduce_axis((0, 40), name="k")
    S = te.compute((64,), lambda i: te.sum(A[i, k] * B[k, i], axis=k), name="S")
    (stage,) = [each for each in create_schedule(S).stages if each.op is S.op]
    assert not reduces_in_lanes(stage, LANES)


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("n", [1, 7, 80, 1008, 1013])
def test_results(name, n):
    A, low, S = rows(VALUES[name], n=n)
    kernel = autosched.build([A, low, S])
    random = np.random.default_rng(3)
    a, bound = random.random((6, n), "float32"), random.random(6, "float32")
    found = np.empty(6, "float32")
    kernel(a, bound, found)
    wide, low_wide = a.astype("float64"), bound.astype("float64")[:, None]
    each = (wide - low_wide) ** 2 if name == "squares" else wide > low_wide
    np.testing.assert_allclose(found, each.sum(axis=1), rtol=1e-4)


@pytest.mark.parametrize(("extent", "least", "default"), [
    (1024, 2, 64), (1008, 1, 16), (1008, 2, 64), (1056, 2, 32), (80, 1, 16), (None, 2, 64),
])  # fmt: skip
def test_vectors_of_a_step(extent, least, default):
    choices, found = vector_steps(extent, LANES, least)
    assert found == default
    assert default in choices


def complex_product(n=37):
    """Products of complex numbers, the parts of which are neighbours."""
    A, B = te.placeholder((n, 2), name="A"), te.placeholder((n, 2), name="B")
    real = lambda i: A[i, 0] * B[i, 0] - A[i, 1] * B[i, 1]  # noqa: E731
    imaginary = lambda i: A[i, 0] * B[i, 1] + A[i, 1] * B[i, 0]  # noqa: E731
    value = lambda i, c: te.if_then_else(c.equal(0), real(i), imaginary(i))  # noqa: E731
    return A, B, te.compute((n, 2), value, name="C")


def test_vectors_cross_a_last_axis_that_only_chooses():
    A, B, C = complex_product()
    (stage,) = [each for each in create_schedule(C).stages if each.op is C.op]
    assert [axis.name for axis in turned_axes(stage)] == ["i", "c"]
    kernel = autosched.build([A, B, C], target="cpu", threads=1)
    a, b = np.random.default_rng(0).standard_normal((2, 37, 2)).astype("float32")
    result = np.empty((37, 2), "float32")
    kernel(a, b, result)
    product = (a[:, 0] + 1j * a[:, 1]) * (b[:, 0] + 1j * b[:, 1])
    np.testing.assert_allclose(
        result, np.stack([product.real, product.imag], 1), rtol=1e-5, atol=1e-6
    )


def test_a_last_axis_that_indexes_an_operand_is_not_crossed():
    A, B = te.placeholder((37, 2), name="A"), te.placeholder((37,), name="B")
    C = te.compute((37, 2), lambda i, c: A[i, c] * 2.0, name="C")
    (stage,) = [each for each in create_schedule(C).stages if each.op is C.op]
    assert turned_axes(stage) == []
    D = te.compute((3, 2), lambda i, c: te.if_then_else(c.equal(0), B[4], B[5]), name="D")
    (stage,) = [each for each in create_schedule(D).stages if each.op is D.op]
    assert turned_axes(stage) == []


@pytest.mark.parametrize("window", [3, 5])
def test_a_step_has_few_vectors_written_out(window):
    """By default 25 taps of 12 vectors have more, which is the limit then."""
    x = te.placeholder((1, 8, 40, 40), name="x")
    w = te.placeholder((8, window, window), name="w")
    for sketch in space([depthwise_conv2d(x, w, padding=window // 2)], WIDE).sketches[:-1]:
        vectors = np.array([sketch.default, *sketch.sample(np.random.default_rng(0), 200)])
        count = np.ones(len(vectors))
        for info, column in zip(sketch.decisions, vectors.T, strict=True):
            if info.name.endswith((".tile", ".unroll")):
                count *= -(-column // 16) if info.role == "vector" else column
        assert sketch.holds(vectors).all()
        most = MOST_GUARDED if "guard" in sketch.name else MOST_WRITTEN_OUT
        assert most / 2 < count.max() <= max(most, count[0])
        assert "guard" not in sketch.name or count[0] <= most


@pytest.mark.parametrize(("n", "lanes"), [(20, 16), (60, 16), (500, 32), (4000, 64)])
def test_lanes_that_no_instruction_combines_are_few(n, lanes):
    """The place of the greatest number of each row."""
    A = te.placeholder((6, n), name="A")
    k = te.reduce_axis((0, n), name="k")

    def greater(a, b):
        first = te.any(a[1] > b[1], te.all(a[1].equal(b[1]), a[0] < b[0]))
        return te.if_then_else(first, a[0], b[0]), te.max(a[1], b[1])

    argmax = te.comm_reducer(
        greater, lambda i, x: (te.max_value(i), te.min_value(x)), name="argmax"
    )
    place, value = te.compute((6,), lambda i: argmax((k.astype("int32"), A[i, k]), axis=k))
    sketch = space([place, value], WIDE).sketches[0]
    (decided,) = [
        number
        for number, decision in zip(sketch.default, sketch.decisions, strict=True)
        if decision.name.endswith(".lanes")
    ]
    assert decided == lanes
    kernel = autosched.build([A, place, value], threads=1)
    a = np.random.default_rng(0).integers(0, 9, (6, n)).astype("float32")
    found = np.empty(6, "int32"), np.empty(6, "float32")
    kernel(a, *found)
    np.testing.assert_array_equal(found[0], a.argmax(1))
    np.testing.assert_array_equal(found[1], a.max(1))
