"""The loops of a stage whose operands are indexed by quotients and remainders of an axis."""

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.ops.argmax import extremum_places
from autosched.schedule.trace import replay
from autosched.search.space.generate import space
from autosched.target.target import Target
from autosched.te.evaluate import evaluate
from tests.codegen.llvm.harness import as_floats
from tests.search.space.nests import WIDE

HOST = Target.host().with_threads(1)


def repeated(n, times, dtype="float32", rows=5):
    A = te.placeholder((rows, n), dtype, name="A")
    return A, te.compute((rows, n * times), lambda i, j: A[i, j // times], name="B")


def tiled(n, times, dtype="float32", rows=5):
    A = te.placeholder((rows, n), dtype, name="A")
    return A, te.compute((rows, n * times), lambda i, j: A[i, j % n], name="B")


def default_loops(*args, target=HOST):
    """The loops of the first sketch for the last of the tensors."""
    first = space(args[-1:], target).sketches[0]
    schedule = replay(args[-1:], first.bind(first.default))
    return str(autosched.lower(schedule, list(args), target=target))


@pytest.mark.parametrize("dtype", ["float32", "int8", "bfloat16", "float64"])
@pytest.mark.parametrize("n", [1, 2, 7, 16, 33, 300])
@pytest.mark.parametrize("times", [1, 2, 3, 4, 5, 17, 40])
@pytest.mark.parametrize("made", [repeated, tiled])
def test_results(made, n, times, dtype):
    A, B = made(n, times, dtype)
    kernel = autosched.build([A, B])
    bits = np.random.default_rng(5).integers(0, 100, (5, n))
    data, found = bits.astype(A.dtype.numpy), np.empty((5, n * times), A.dtype.numpy)
    kernel(data, found)
    np.testing.assert_array_equal(
        found, np.repeat(data, times, 1) if made is repeated else np.tile(data, times)
    )


@pytest.mark.parametrize("made", [repeated, tiled])
def test_vectors_read_what_is_contiguous(made):
    loops = default_loops(*made(300, 3, rows=64))
    assert "//" not in loops
    assert "%" not in loops


def test_an_operand_that_is_read_in_order_keeps_the_axis_whole():
    A, C = te.placeholder((5, 100), name="A"), te.placeholder((5, 300), name="C")
    B = te.compute((5, 300), lambda i, j: A[i, j // 3] + C[i, j], name="B")
    assert "//" in default_loops(A, C, B)
    arrays = [np.random.default_rng(6).random(s, "float32") for s in ((5, 100), (5, 300))]
    found = np.empty((5, 300), "float32")
    autosched.build([A, C, B])(*arrays, found)
    (expected,) = evaluate([B], dict(zip((A, C), arrays, strict=True)))
    np.testing.assert_array_equal(as_floats(found, B.dtype), as_floats(expected, B.dtype))


def elementwise(rows, *shapes):
    """The sum of operands that are read by the last axes of `rows`, those of one point at 0."""
    operands = [te.placeholder(shape, name=f"A{n}") for n, shape in enumerate(shapes)]

    def point(*i):
        return sum(
            A(
                *(
                    0 if size.value == 1 else axis
                    for size, axis in zip(A.shape, i[-A.ndim :], strict=True)
                )
            )
            for A in operands
        )

    return [*operands, te.compute(rows, point, name="B")]


SHORT = [
    ((40, 5, 3), [(40, 5, 3)]),
    ((9, 7, 7), [(9, 7, 7), (9, 7, 7)]),
    ((9, 7, 7), [(9, 7, 7), (9, 1, 1)]),
    ((9, 7, 7), [(9, 7, 7), (1, 7, 7)]),
    ((9, 7, 7), [(9, 7, 7), (1, 1, 7)]),
    ((9, 7, 7), [(9, 7, 7), (9, 1, 7)]),
    ((43, 3), [(43, 3), (1, 3)]),
    ((5, 13, 3), [(5, 13, 3), (1, 1, 3), (1, 1, 3)]),
    ((5, 13, 3), [(1, 1, 3), (5, 13, 3), (1, 13, 1)]),
    ((2, 31, 4), [(2, 31, 4), (1, 1, 4)]),
    ((3, 5), [(3, 5), (1, 5)]),
    ((9, 7, 7), [(9, 7, 7), (1, 7, 1)]),
    ((1, 9, 1, 5), [(1, 9, 1, 5), (1, 9, 1, 5)]),
    ((13, 1), [(13, 1)]),
    ((1, 1, 3), [(1, 1, 3)]),
    ((3, 1, 1, 1), [(3, 1, 1, 1), (1, 1, 1, 1)]),
    ((9, 5, 1), [(9, 5, 1), (1, 5, 1)]),
    ((43, 33, 1), [(43, 33, 1)]),
    ((1, 1), [(1, 1)]),
]


@pytest.mark.parametrize(("rows", "shapes"), SHORT)
def test_results_of_short_rows(rows, shapes):
    tensors = elementwise(rows, *shapes)
    arrays = [np.random.default_rng(7).random(shape, "float32") for shape in shapes]
    found = np.empty(rows, "float32")
    autosched.build(tensors)(*arrays, found)
    np.testing.assert_allclose(found, sum(arrays), rtol=1e-6)


@pytest.mark.parametrize(
    "operands",
    [[(40, 5, 7)], [(40, 5, 7), (1, 5, 7)], [(40, 5, 7), (40, 1, 1)], [(40, 5, 12)]],
)
def test_short_rows_are_one_with_those_beside_them(operands):
    loops = default_loops(*elementwise(operands[0], *operands), target=WIDE)
    assert "//" not in loops
    assert "%" not in loops
    assert "i2.fused" in loops


@pytest.mark.parametrize("rows", [(2000, 1), (40, 64, 1), (40, 5, 7, 1, 1)])
def test_vectors_run_along_the_last_axis_of_several_points(rows):
    assert "vectorized" in default_loops(*elementwise(rows, rows), target=WIDE)


@pytest.mark.parametrize(
    ("rows", "operands"),
    [
        ((40, 5, 64), [(40, 5, 64)]),
        ((40, 5, 12), [(40, 5, 12), (1, 1, 12)]),
        ((40, 5, 7), [(40, 5, 8)]),
        ((40, 5, 7), [(40, 5, 7), (1, 5, 1)]),
    ],
)
def test_rows_that_stay_apart(rows, operands):
    loops = default_loops(*elementwise(rows, *operands), target=WIDE)
    assert "i0.i1.fused" in loops
    assert "i2.fused" not in loops


def test_rows_of_which_the_numbers_are_used_stay_apart():
    A = te.placeholder((40, 7), name="A")
    B = te.compute((40, 7), lambda i, j: A[i, j] + j.astype("float32"), name="B")
    C = te.compute((40, 7), lambda i, j: te.if_then_else(j < 3, A[i, j], 0.0), name="C")
    assert "in 0..7:" in default_loops(A, B, target=WIDE)
    assert "in 0..7:" in default_loops(A, C, target=WIDE)


@pytest.mark.parametrize(("channels", "points"), [(3, 48), (4, 64), (7, 112)])
def test_a_number_of_each_channel_is_repeated_in_vectors(channels, points):
    image = elementwise((40, 30, channels), (40, 30, channels), (1, 1, channels))
    loops = default_loops(*image, target=WIDE)
    assert f"in 0..{points}:" in loops
    assert f"inner%{channels}]" in loops


def test_tiles_are_vectors_of_what_is_reduced_where_results_are_larger():
    x = te.placeholder((21, 9, 256), name="x")
    places = extremum_places(lambda h, w, c: x[c, h, w], (9, 256), 21)
    loops = default_loops(x, places, target=WIDE)
    assert "found: int32[1, 64]" in loops
    assert "in 0..64:" in loops


@pytest.mark.parametrize("offset", [0, 1, 5])
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_vectors_that_are_read_in_turn_from_an_offset_on(offset, dtype):
    A = te.placeholder((3, 2, 40), dtype, name="A")
    B = te.compute((3, 66), lambda i, j: A[i, (j + offset) % 2, (j + offset) // 2] * 2, name="B")
    C = te.compute((3, 66), lambda i, j: B[i, j] + te.const(1, dtype), name="C")
    assert "vectorized j.outer" in default_loops(A, C, target=WIDE)
    data = np.random.default_rng(0).integers(-50, 50, (3, 2, 40)).astype(dtype)
    found = np.empty((3, 66), dtype)
    autosched.build([A, C], threads=1)(data, found)
    places = np.arange(66) + offset
    np.testing.assert_array_equal(found, data[:, places % 2, places // 2] * 2 + 1)


@pytest.mark.parametrize("count", [2, 3])
def test_rows_that_vectors_in_turn_do_not_fill(count):
    """Quotients by a power of two are shifts, which need no turns."""
    A = te.placeholder((5, count, 40), name="A")
    B = te.compute((5, 77), lambda i, j: A[i, (j + 1) % count, (j + 1) // count], name="B")
    made = default_loops(A, B, target=WIDE)
    assert ("vectorized j.outer" in made) == (count == 3)
    data = np.random.default_rng(0).standard_normal((5, count, 40)).astype("float32")
    found = np.full((5, 77), np.nan, "float32")
    places = np.arange(1, 78)
    autosched.build([A, B], threads=1)(data, found)
    np.testing.assert_array_equal(found, data[:, places % count, places // count])


def windows(op, n, h, w):
    """Windows of 3 x 3 points of images whose ends are padded, or with `op` "max" of 2 x 2."""
    X = te.placeholder((n, 5, h, w), name="X")
    if op == "max":
        u, v = te.reduce_axis((0, 2), name="u"), te.reduce_axis((0, 2), name="v")
        shape = (n, 5, (h - 2) // 2 + 1, (w - 2) // 2 + 1)
        made = te.compute(
            shape, lambda b, c, y, x: te.max(X[b, c, y * 2 + u, x * 2 + v], axis=[u, v]), name="Y"
        )
        return [X, made]
    W = te.placeholder((5, 3, 3), name="W")
    u, v = te.reduce_axis((0, 3), name="u"), te.reduce_axis((0, 3), name="v")
    Z = te.compute(
        (n, 5, h + 2, w + 2),
        lambda b, c, y, x: te.if_then_else(
            te.all(y >= 1, y <= h, x >= 1, x <= w), X[b, c, y - 1, x - 1], 0.0
        ),
        name="Z",
    )
    made = te.compute(
        (n, 5, h, w),
        lambda b, c, y, x: te.sum(Z[b, c, y + u, x + v] * W[c, u, v], axis=[u, v]),
        name="Y",
    )
    return [X, W, made]


@pytest.mark.parametrize("op", ["max", "sum"])
@pytest.mark.parametrize("symbolic", ["n", "w", "hw", "nhw"])
def test_sizes_that_are_symbolic(op, symbolic):
    sizes = {"n": 3, "h": 6, "w": 21}
    tensors = windows(op, *(te.var(s) if s in symbolic else sizes[s] for s in "nhw"))
    kernel = autosched.build(tensors, target=HOST)
    random = np.random.default_rng(2)
    for given in ((1, 2, 2), (2, 3, 3), (1, 7, 16), (3, 5, 17), (2, 13, 31), (1, 4, 53)):
        n, h, w = (
            value if s in symbolic else sizes[s] for s, value in zip("nhw", given, strict=True)
        )
        x, k = random.standard_normal((n, 5, h, w)), random.standard_normal((5, 3, 3))
        if op == "max":
            parts = [x[..., u::2, v::2][..., : h // 2, : w // 2] for u in (0, 1) for v in (0, 1)]
            want, arrays = np.max(parts, axis=0), [x]
        else:
            padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
            parts = [
                padded[..., u : u + h, v : v + w] * k[:, u, v, None, None]
                for u in range(3)
                for v in range(3)
            ]
            want, arrays = np.sum(parts, axis=0), [x, k]
        found = kernel(*(array.astype("float32") for array in arrays))
        np.testing.assert_allclose(found, want, atol=1e-5)


def test_sums_past_a_symbolic_end_are_not_masked():
    """A condition around a sum in registers would send it through memory."""
    lines = default_loops(*windows("sum", 1, te.var("h"), te.var("w"))).splitlines()
    place = next(
        n for n, line in enumerate(lines) if "Y_local[0, 0, y.c.inner, x.c.inner] =" in line
    )
    assert not any("if " in line for line in lines[:place])
