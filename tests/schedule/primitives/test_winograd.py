"""winograd: a convolution by minimal filtering, in stages of their own."""

from __future__ import annotations

import numpy as np
import pytest

from autosched import te
from autosched.building import build_schedule
from autosched.ir.expr import Expr
from autosched.ops.convolution import conv2d, convolution
from autosched.schedule import create_schedule
from autosched.target.target import Target
from autosched.te.dag import inputs
from autosched.te.evaluate import evaluate
from tests.schedule.nests import golden, matmul, means_the_same, refuses


def filtered(
    n: int = 5, dtype: str = "float32", taps: int = 3, channels: int | Expr = 2
) -> te.Tensor:
    """Two filters of two channels, along one axis."""
    A = te.placeholder((channels, n + taps - 1), dtype, name="A")
    W = te.placeholder((3, channels, taps), dtype, name="W")
    c, k = te.reduce_axis((0, channels), name="c"), te.reduce_axis((0, taps), name="k")
    return te.compute((3, n), lambda o, i: te.sum(A[c, i + k] * W[o, c, k], axis=[c, k]), name="C")


def test_along_one_axis() -> None:
    s = create_schedule(C := filtered())
    s[C].winograd(2)
    golden(s, str(s))
    assert "C.product[i, tile, o] += C.input[i, tile, c] * C.weight[i, c, o]" in str(s)
    assert "C[o, i] = C.output[i%2, i//2, o]" in str(s)
    means_the_same(s)


def test_reads_of_a_tile_share_their_indices() -> None:
    x = te.placeholder((1, 4, 14, 14), name="x")
    w = te.placeholder((4, 4, 3, 3), name="w")
    s = create_schedule(y := conv2d(x, w, padding=1))
    first, *_ = (made for made in s[y].winograd(4) if made.name.endswith("input.0"))
    reads = s[first].op.reads
    rows, columns = ({read.indices[place] for read in reads} for place in (1, 2))
    assert len(reads) == 6  # the rows of the matrix share them
    assert len(rows) == 6  # one for each tap, in all reads
    assert len(columns) == 1


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize(
    ("batch", "channels", "height", "width", "filters", "padding"),
    [(1, 1, 3, 3, 1, 0), (2, 3, 7, 11, 4, 1), (1, 2, 1, 1, 3, 1), (1, 5, 13, 5, 2, 2)],
)
def test_sizes_that_tiles_do_not_divide(
    batch: int, channels: int, height: int, width: int, filters: int, padding: int, tile: int
) -> None:
    x = te.placeholder((batch, channels, height, width), name="x")
    w = te.placeholder((filters, channels, 3, 3), name="w")
    y = conv2d(x, w, padding=padding)
    s = create_schedule(y)
    s[y].winograd(tile)
    random = np.random.default_rng(3)
    arrays = {
        tensor: random.uniform(-1, 1, [int(e.value) for e in tensor.shape]).astype(np.float32)
        for tensor in inputs([y])
    }
    (want,), (got,) = evaluate([y], arrays, accumulate="float64"), evaluate([s.current(y)], arrays)
    np.testing.assert_allclose(got, want, rtol=0, atol=2e-5)


def test_any_order_of_axes_and_factors() -> None:
    A = te.placeholder((2, 9, 9, 4), name="A")
    W = te.placeholder((3, 3, 4, 5), name="W")
    c, p, q = (te.reduce_axis((0, n)) for n in (4, 3, 3))
    C = te.compute(
        (2, 7, 7, 5),
        lambda b, y, x, o: te.sum(W[p, q, c, o] * A[b, p + y, x + q, c], axis=[p, c, q]),
        name="C",
    )
    s = create_schedule(C)
    s[C].winograd(2)
    means_the_same(s)


def test_stages_after_it_are_kept() -> None:
    C = filtered(6)
    s = create_schedule(te.compute((3, 6), lambda o, i: te.maximum(C[o, i], 0.0), name="D"))
    assert [tensor.name for tensor in s[C].winograd(2)] == [
        *("C.image", "C.input", "C.weight", "C.product", "C.output")
    ]
    means_the_same(s)


@pytest.mark.parametrize("tile", [2, 4])
def test_sizes_left_open(tile: int) -> None:
    n, h, w = te.var("n"), te.var("h"), te.var("w")
    x = te.placeholder((n, 2, h, w), name="x")
    f = te.placeholder((3, 2, 3, 3), name="f")
    y = conv2d(x, f, padding=1)
    s = create_schedule(y)
    s[y].winograd(tile)
    kernel = build_schedule(s, [x, f, y], Target.host())
    random = np.random.default_rng(3)
    for sizes in ((1, 1, 1), (2, 3, 7), (3, 8, 4), (1, 13, 5)):
        image = random.uniform(-1, 1, (sizes[0], 2, *sizes[1:])).astype(np.float32)
        filters = random.uniform(-1, 1, (3, 2, 3, 3)).astype(np.float32)
        given = {x: image, f: filters}
        (want,) = evaluate([y], given, accumulate="float64")
        np.testing.assert_allclose(kernel(image, filters), want, rtol=0, atol=2e-5)


def one_row() -> te.Tensor:
    A, W = te.placeholder((8,), name="A"), te.placeholder((3,), name="W")
    k = te.reduce_axis((0, 3), name="k")
    return te.compute((6,), lambda i: te.sum(A[i + k] * W[k], axis=k), name="C")


@pytest.mark.parametrize(
    "other",
    [
        matmul,
        lambda: filtered(dtype="int32"),
        lambda: filtered(taps=5),
        lambda: filtered(channels=te.var("c")),
        one_row,
    ],
    ids=["matmul", "integers", "five points", "symbolic channels", "no channels"],
)
def test_what_is_no_such_convolution(other: object) -> None:
    s = create_schedule(C := other())  # type: ignore[operator]
    refuses(s, lambda: s[C].winograd(2), "windows of 3 points that move by one", "stage C")


def test_windows_along_three_axes() -> None:
    """Their error is larger than the stated one."""
    x, w = te.placeholder((1, 2, 5, 5, 5), name="x"), te.placeholder((3, 2, 3, 3, 3), name="w")
    y = convolution(x, w)
    s = create_schedule(y)
    refuses(s, lambda: s[y].winograd(2), "along one or two axes")


def test_windows_that_move_by_two_points() -> None:
    x, w = te.placeholder((1, 2, 9, 9), name="x"), te.placeholder((3, 2, 3, 3), name="w")
    y = conv2d(x, w, stride=2)
    s = create_schedule(y)
    refuses(s, lambda: s[y].winograd(2), "windows of 3 points that move by one")


def test_tiles_stages_and_loops_that_it_does_not_take() -> None:
    s = create_schedule(C := filtered())
    refuses(s, lambda: s[C].winograd(3), "one of 2, 4 for the tile of C, got 3")
    refuses(s, lambda: s[C].winograd(0), "expected a positive integer as 'tile'")
    refuses(s, lambda: s[C.op.input_tensors[0]].winograd(2), "A, which is an input")
    s[C].split(C.op.axis[0], 2)
    refuses(s, lambda: s[C].winograd(2), "call winograd before split")
