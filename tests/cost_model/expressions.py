"""Small expressions, and the sketches the search derives from them."""

from functools import cache

import numpy as np

from autosched import te
from autosched.schedule.schedule import Schedule
from autosched.schedule.sketch import Sketch
from autosched.search.space.generate import space
from autosched.target.target import Target
from autosched.te.tensor import Tensor

TARGET = Target("cpu", "generic", "", 512, 2, 48 << 10, 2 << 20, 32 << 20, "x86_64")


def matmul(m: int = 60, n: int = 100, k: int = 37) -> Tensor:
    A = te.placeholder((m, k), name="A")
    B = te.placeholder((k, n), name="B")
    r = te.reduce_axis((0, k), name="k")
    return te.compute((m, n), lambda i, j: te.sum(A[i, r] * B[r, j], axis=r), name="C")


def convolution(stride: int = 1) -> Tensor:
    """A padded convolution of 5 by 11 by 13 with 3 by 3, and the stages after it."""
    X = te.placeholder((5, 11, 13), name="X")
    W = te.placeholder((20, 5, 3, 3), name="W", constant=True)
    padded = te.compute(
        (5, 13, 15),
        lambda c, y, x: te.if_then_else(
            te.all(y >= 1, y < 12, x >= 1, x < 14), X[c, y - 1, x - 1], 0.0
        ),
        name="P",
    )
    c, dy, dx = (te.reduce_axis((0, size)) for size in (5, 3, 3))
    conv = te.compute(
        (20, (13 - 3) // stride + 1, (15 - 3) // stride + 1),
        lambda o, y, x: te.sum(
            padded[c, y * stride + dy, x * stride + dx] * W[o, c, dy, dx], axis=[c, dy, dx]
        ),
        name="conv",
    )
    return te.compute(conv.shape, lambda o, y, x: te.maximum(conv[o, y, x], 0.0), name="relu")


def softmax() -> Tensor:
    X = te.placeholder((9, 70), name="X")
    k, q = te.reduce_axis((0, 70), name="k"), te.reduce_axis((0, 70), name="q")
    largest = te.compute((9,), lambda i: te.max(X[i, k], axis=k), name="largest")
    E = te.compute((9, 70), lambda i, j: te.exp(X[i, j] - largest[i]), name="E")
    total = te.compute((9,), lambda i: te.sum(E[i, q], axis=q), name="total")
    return te.compute((9, 70), lambda i, j: E[i, j] / total[i], name="softmax")


CASES = {
    "matmul": matmul,
    "convolution": convolution,
    "strided": lambda: convolution(2),
    "softmax": softmax,
}


@cache
def derived(name: str) -> tuple[Tensor, tuple[Sketch, ...]]:
    output = CASES[name]()
    return output, tuple(space([output], TARGET).sketches)


def candidates(sketch: Sketch, count: int, seed: int = 0) -> np.ndarray:
    return sketch.sample(np.random.default_rng(seed), count)


def sketch_of(schedule: Schedule) -> Sketch:
    """Return the steps of a schedule as a sketch without open decisions."""
    return Sketch("given", tuple(schedule.trace), (), ())
