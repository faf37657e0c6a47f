"""A matmul scheduled by hand in three steps, each checked and timed:

python examples/schedule_by_hand.py
"""

from timeit import repeat

import numpy as np

import autosched
from autosched import te
from autosched.schedule import Schedule

N = 512
A = te.placeholder((N, N), name="A")
B = te.placeholder((N, N), name="B")
k = te.reduce_axis((0, N), name="k")
C = te.compute((N, N), lambda i, j: te.sum(A[i, k] * B[k, j], axis=k), name="C")


def plain() -> Schedule:
    """The three loops as they stand in the formula."""
    return te.create_schedule(C)


def vectorized() -> Schedule:
    """64 columns at once, inside the loop over k: B is read along its rows."""
    s = plain()
    columns, inner = s[C].split(C.op.axis[1], 64)
    s[C].reorder(C.op.axis[0], columns, *C.op.reduce_axis, inner)
    s[C].vectorize(inner)
    return s


def packed() -> Schedule:
    """Tiles of 14 x 32 are summed in registers; B is copied in the order they read it."""
    s = plain()
    tile = s.cache_write(C, "local")
    copy = s.cache_read(B, "global", [tile], layout=[[1, 32], 0, 1])
    s[copy].vectorize(copy.op.axis[2])
    io, jo, ii, ji = s[C].tile(*C.op.axis, 14, 32, tail="pad")
    s[C].parallel(io)
    s[C].unroll(ii)
    s[C].vectorize(ji)
    s[tile].compute_at(s[C], jo)
    rows, columns = tile.op.axis
    s[tile].reorder(*tile.op.reduce_axis, rows, columns)
    s[tile].unroll(rows)
    s[tile].vectorize(columns)
    return s


def gflops(schedule: Schedule) -> float:
    """Billions of operations a second, once the result is known to be right."""
    kernel = autosched.build(schedule, [A, B, C])
    a, b = np.random.default_rng(0).random((2, N, N), dtype=np.float32)
    c = np.empty((N, N), np.float32)
    seconds = min(repeat(lambda: kernel(a, b, c), number=1))
    np.testing.assert_allclose(c, a @ b, rtol=1e-4)
    return 2 * N**3 / seconds / 1e9


if __name__ == "__main__":
    for make in (plain, vectorized, packed):
        print(f"{gflops(make()):6.1f} GFLOP/s  {make.__doc__}")
    print(autosched.lower(packed(), [A, B, C]))
