"""Expressions that are no operators: stencils, tensor contractions, gathers, several outputs.

Each has a formula in the functions that NumPy, PyTorch and jax.numpy have in common, so that these
compute it too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autosched import te
from autosched.te.tensor import Tensor
from benchmarks.common.array_peers import Formula

Tensors = list[Tensor]


@dataclass(frozen=True)
class Expression:
    """A tensor expression, and a formula with the same result.

    `inputs` are ranges (low, high) of indices among the inputs, by name.
    """

    tensors: Callable[[], Tensors]
    formula: Formula
    inputs: dict[str, tuple[int, int]] | None = None


def _five_points() -> Tensors:
    n = 1024
    x = te.placeholder((n + 2, n + 2), name="x")
    mean = te.compute(
        (n, n),
        lambda i, j: (
            0.2 * (x[i + 1, j + 1] + x[i, j + 1] + x[i + 2, j + 1] + x[i + 1, j] + x[i + 1, j + 2])
        ),
        name="mean",
    )
    return [x, mean]


def _five_points_of(xp: Any, x: Any) -> Any:
    rows = x[1:-1, 1:-1] + x[:-2, 1:-1] + x[2:, 1:-1]
    return 0.2 * (rows + x[1:-1, :-2] + x[1:-1, 2:])


def _two_stencils() -> Tensors:
    n = 1024
    x = te.placeholder((n + 4, n), name="x")
    once = te.compute((n + 2, n), lambda i, j: (x[i, j] + x[i + 1, j] + x[i + 2, j]) / 3.0, "once")
    twice = te.compute((n, n), lambda i, j: once[i, j] + once[i + 1, j] + once[i + 2, j], "twice")
    return [x, twice]


def _two_stencils_of(xp: Any, x: Any) -> Any:
    once = (x[:-2] + x[1:-1] + x[2:]) / 3.0
    return once[:-2] + once[1:-1] + once[2:]


def _seven_points() -> Tensors:
    n = 96
    x = te.placeholder((n + 2, n + 2, n + 2), name="x")

    def change(i: Any, j: Any, k: Any) -> Any:
        around = x[i, j + 1, k + 1] + x[i + 2, j + 1, k + 1] + x[i + 1, j, k + 1]
        around = around + x[i + 1, j + 2, k + 1] + x[i + 1, j + 1, k] + x[i + 1, j + 1, k + 2]
        return around - 6.0 * x[i + 1, j + 1, k + 1]

    return [x, te.compute((n, n, n), change, name="change")]


def _seven_points_of(xp: Any, x: Any) -> Any:
    inside = slice(1, -1)
    around = x[:-2, inside, inside] + x[2:, inside, inside] + x[inside, :-2, inside]
    around = around + x[inside, 2:, inside] + x[inside, inside, :-2] + x[inside, inside, 2:]
    return around - 6.0 * x[inside, inside, inside]


def _four_dimensions() -> Tensors:
    n = 24
    a, b = (te.placeholder((n, n, n, n), name=name) for name in "ab")
    k, m = te.reduce_axis((0, n), name="k"), te.reduce_axis((0, n), name="m")
    product = te.compute(
        (n, n, n, n),
        lambda i, j, p, q: te.sum(a[i, k, j, m] * b[m, p, k, q], axis=[k, m]),
        name="product",
    )
    return [a, b, product]


def _chain_of_matmuls() -> Tensors:
    n = 256
    a, b, c = (te.placeholder((n, n), name=name) for name in "abc")
    k, m = te.reduce_axis((0, n), name="k"), te.reduce_axis((0, n), name="m")
    ab = te.compute((n, n), lambda i, j: te.sum(a[i, k] * b[k, j], axis=k), name="ab")
    abc = te.compute((n, n), lambda i, j: te.sum(ab[i, m] * c[m, j], axis=m), name="abc")
    return [a, b, c, abc]


def _gated() -> Tensors:
    m, n = 128, 512
    x = te.placeholder((m, n), name="x")
    a, b = (te.placeholder((n, n), name=name) for name in "ab")
    k, p = te.reduce_axis((0, n), name="k"), te.reduce_axis((0, n), name="p")
    gate = te.compute((m, n), lambda i, j: te.sum(x[i, k] * a[k, j], axis=k), name="gate")
    up = te.compute((m, n), lambda i, j: te.sum(x[i, p] * b[p, j], axis=p), name="up")
    gated = te.compute(
        (m, n), lambda i, j: gate[i, j] * te.sigmoid(gate[i, j]) * up[i, j], name="gated"
    )
    return [x, a, b, gated]


def _gated_of(xp: Any, x: Any, a: Any, b: Any) -> Any:
    gate = x @ a
    return gate / (1 + xp.exp(-gate)) * (x @ b)


def _distances() -> Tensors:
    m, n, d = 512, 512, 16
    x, y = te.placeholder((m, d), name="x"), te.placeholder((n, d), name="y")
    k = te.reduce_axis((0, d), name="k")
    squares = te.compute(
        (m, n),
        lambda i, j: te.sum((x[i, k] - y[j, k]) * (x[i, k] - y[j, k]), axis=k),
        name="squares",
    )
    return [x, y, squares]


def _distances_of(xp: Any, x: Any, y: Any) -> Any:
    return ((x[:, None] - y[None]) ** 2).sum(-1)


def _moments() -> Tensors:
    m, n = 512, 2048
    x = te.placeholder((m, n), name="x")
    k, p = te.reduce_axis((0, n), name="k"), te.reduce_axis((0, n), name="p")
    total = te.compute((m,), lambda i: te.sum(x[i, k], axis=k), name="total")
    squares = te.compute((m,), lambda i: te.sum(x[i, p] * x[i, p], axis=p), name="squares")
    return [x, total, squares]


def _column_sums() -> Tensors:
    m, n = 2048, 1000
    x = te.placeholder((m, n), name="x")
    k = te.reduce_axis((0, m), name="k")
    return [x, te.compute((n,), lambda j: te.sum(x[k, j], axis=k), name="total")]


def _positives() -> Tensors:
    m, n = 1024, 1024
    x = te.placeholder((m, n), name="x")
    k = te.reduce_axis((0, n), name="k")
    count = te.compute(
        (m,), lambda i: te.sum(te.if_then_else(x[i, k] > 0.5, 1.0, 0.0), axis=k), name="count"
    )
    return [x, count]


def _largest_change() -> Tensors:
    m, n = 1024, 1024
    x = te.placeholder((m, n + 1), name="x")
    k = te.reduce_axis((0, n), name="k")
    change = te.compute(
        (m,), lambda i: te.max(te.abs(x[i, k + 1] - x[i, k]), axis=k), name="change"
    )
    return [x, change]


def _elementwise() -> Tensors:
    shape = (1024, 1024)
    x, y = te.placeholder(shape, name="x"), te.placeholder(shape, name="y")
    mixed = te.compute(
        shape,
        lambda i, j: te.exp(-x[i, j] * x[i, j]) * te.cos(y[i, j]) + te.sqrt(te.abs(x[i, j])),
        name="mixed",
    )
    return [x, y, mixed]


def _powers() -> Tensors:
    shape = (1024, 1024)
    x = te.placeholder(shape, name="x")
    return [x, te.compute(shape, lambda i, j: te.pow(te.abs(x[i, j]), 2.4), name="powers")]


def _bilinear() -> Tensors:
    size, channels = 128, 32
    x = te.placeholder((size + 1, size + 1, channels), name="x")
    at = te.placeholder((2, size, size), "int64", name="at")
    part = te.placeholder((2, size, size), name="part")

    def mixed(i: Any, j: Any, c: Any) -> Any:
        y, z, dy, dz = at[0, i, j], at[1, i, j], part[0, i, j], part[1, i, j]
        upper = x[y, z, c] * (1.0 - dz) + x[y, z + 1, c] * dz
        lower = x[y + 1, z, c] * (1.0 - dz) + x[y + 1, z + 1, c] * dz
        return upper * (1.0 - dy) + lower * dy

    return [x, at, part, te.compute((size, size, channels), mixed, name="mixed")]


def _bilinear_of(xp: Any, x: Any, at: Any, part: Any) -> Any:
    y, z, dy, dz = at[0], at[1], part[0][..., None], part[1][..., None]
    upper = x[y, z] * (1 - dz) + x[y, z + 1] * dz
    lower = x[y + 1, z] * (1 - dz) + x[y + 1, z + 1] * dz
    return upper * (1 - dy) + lower * dy


def _turned() -> Tensors:
    a, b, c = 64, 96, 128
    x = te.placeholder((a, b, c), name="x")
    return [x, te.compute((c, b, a), lambda i, j, k: x[k, j, i], name="turned")]


def _matmul(m: int, n: int, k: int) -> Callable[[], Tensors]:
    def tensors() -> Tensors:
        a, b = te.placeholder((m, k), name="a"), te.placeholder((k, n), name="b")
        r = te.reduce_axis((0, k), name="r")
        c = te.compute((m, n), lambda i, j: te.sum(a[i, r] * b[r, j], axis=r), name="c")
        return [a, b, c]

    return tensors


def _few_channels() -> Tensors:
    size, ci, co = 256, 128, 3
    x = te.placeholder((ci, size, size), name="x")
    weight = te.placeholder((co, ci), name="weight", constant=True)
    r = te.reduce_axis((0, ci), name="r")
    y = te.compute(
        (co, size, size), lambda o, i, j: te.sum(weight[o, r] * x[r, i, j], axis=r), name="y"
    )
    return [x, weight, y]


def _product(xp: Any, a: Any, b: Any) -> Any:
    return a @ b


GENERAL = {
    "stencil of 5 points": Expression(_five_points, _five_points_of),
    "stencil of 7 points": Expression(_seven_points, _seven_points_of),
    "two stencils": Expression(_two_stencils, _two_stencils_of),
    "contraction of 4 dimensions": Expression(
        _four_dimensions, lambda xp, a, b: xp.einsum("ikjm,mpkq->ijpq", a, b)
    ),
    "chain of matmuls": Expression(_chain_of_matmuls, lambda xp, a, b, c: a @ b @ c),
    "gated layer": Expression(_gated, _gated_of),
    "distances": Expression(_distances, _distances_of),
    "two sums of rows": Expression(_moments, lambda xp, x: (x.sum(1), (x * x).sum(1))),
    "sums of columns": Expression(_column_sums, lambda xp, x: x.sum(0)),
    "count of a condition": Expression(
        _positives, lambda xp, x: xp.where(x > 0.5, 1.0, 0.0).sum(1)
    ),
    "largest change": Expression(
        _largest_change, lambda xp, x: xp.amax(xp.abs(x[:, 1:] - x[:, :-1]), 1)
    ),
    "functions of elements": Expression(
        _elementwise, lambda xp, x, y: xp.exp(-x * x) * xp.cos(y) + xp.sqrt(xp.abs(x))
    ),
    "powers": Expression(_powers, lambda xp, x: xp.abs(x) ** 2.4),
    "bilinear gather": Expression(_bilinear, _bilinear_of, {"at": (0, 128)}),
    "three axes turned": Expression(
        _turned, lambda xp, x: xp.einsum("kji->ijk", x).reshape(-1).reshape(128, 96, 64)
    ),
    "8 rows": Expression(_matmul(8, 1000, 2048), _product),
    "16 rows": Expression(_matmul(16, 4096, 1024), _product),
    "32 rows": Expression(_matmul(32, 4096, 1024), _product),
    "few columns": Expression(_matmul(4096, 4, 1024), _product),
    "1x1 to 3 channels": Expression(
        _few_channels, lambda xp, x, weight: xp.einsum("or,rij->oij", weight, x)
    ),
}
"""By name."""
