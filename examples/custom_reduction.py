"""A reduction of one's own, over pairs: where the greatest value of each row is.

python examples/custom_reduction.py
"""

import numpy as np

import autosched
from autosched import te
from autosched.ir.expr import Expr

ROWS, COLUMNS = 1000, 777
Pair = tuple[Expr, Expr]


def later(x: Pair, y: Pair) -> Pair:
    """Of two pairs (index, value) the one with the greater value; of equal ones the first."""
    first = te.any(x[1] > y[1], te.all(x[1] == y[1], x[0] < y[0]))
    return te.if_then_else(first, x[0], y[0]), te.if_then_else(first, x[1], y[1])


argmax = te.comm_reducer(
    later, lambda index, value: (te.const(-1, index), te.min_value(value)), name="argmax"
)
X = te.placeholder((ROWS, COLUMNS), name="X")
k = te.reduce_axis((0, COLUMNS), name="k")
PLACE, GREATEST = te.compute(
    (ROWS,), lambda i: argmax((k.astype("int32"), X[i, k]), axis=k), name="argmax"
)


def main() -> None:
    """Build it with the rows in parallel, and compare with NumPy."""
    s = te.create_schedule(PLACE.op)
    s[PLACE].parallel(PLACE.op.axis[0])
    kernel = autosched.build(s, [X, PLACE, GREATEST])
    x = np.random.default_rng(0).standard_normal((ROWS, COLUMNS), dtype=np.float32)
    place, greatest = kernel(x)
    np.testing.assert_array_equal(place, x.argmax(axis=1))
    np.testing.assert_array_equal(greatest, x.max(axis=1))
    print(autosched.lower(s, [X, PLACE, GREATEST]))


if __name__ == "__main__":
    main()
