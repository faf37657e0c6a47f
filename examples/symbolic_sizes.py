"""One kernel for every number of rows: sizes that are known when it is called.

python examples/symbolic_sizes.py
"""

import numpy as np

import autosched
from autosched import te

COLUMNS = 256
rows = te.var("rows")
X = te.placeholder((rows, COLUMNS), name="X")
k = te.reduce_axis((0, COLUMNS), name="k")
TOTAL = te.compute((rows,), lambda i: te.sum(X[i, k], axis=k), name="TOTAL")
SHARE = te.compute((rows, COLUMNS), lambda i, j: X[i, j] / TOTAL[i], name="SHARE")


def main() -> None:
    """Schedule it by hand, then call it with arrays of several heights."""
    s = te.create_schedule(SHARE)
    i, j = SHARE.op.axis
    s[SHARE].parallel(i)
    s[SHARE].vectorize(s[SHARE].split(j, 64)[1])
    s[TOTAL].compute_at(s[SHARE], i)
    print(autosched.lower(s, [X, SHARE]))
    kernel = autosched.build(s, [X, SHARE])
    for height in (1, 7, 1000):
        x = np.random.default_rng(height).random((height, COLUMNS), dtype=np.float32) + 0.5
        np.testing.assert_allclose(kernel(x), x / x.sum(axis=1, keepdims=True), rtol=1e-5)
    try:
        kernel(np.ones((3, COLUMNS + 1), np.float32))
    except autosched.AutoschedError as error:
        print(f"and a wrong shape is refused: {error}")


if __name__ == "__main__":
    main()
