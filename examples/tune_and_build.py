"""Tune a layer in code, build it with what was found, and use it:

python examples/tune_and_build.py
"""

import logging
import tempfile
from pathlib import Path

import numpy as np

import autosched
from autosched import te

M, N, K = 128, 512, 256
X = te.placeholder((M, K), name="X")
W = te.placeholder((K, N), name="W", constant=True)  # weights: packed once, when they are bound
BIAS = te.placeholder((N,), name="BIAS", constant=True)
k = te.reduce_axis((0, K), name="k")
PRODUCT = te.compute((M, N), lambda i, j: te.sum(X[i, k] * W[k, j], axis=k), name="PRODUCT")
Y = te.compute((M, N), lambda i, j: te.maximum(PRODUCT[i, j] + BIAS[j], 0.0), name="Y")


def main(trials: int = 24) -> None:
    """Tune, build, check, and let another run go on where this one ended."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")  # build says what it uses
    x, w, bias = (
        np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
        for shape in ((M, K), (K, N), (N,))
    )
    with tempfile.TemporaryDirectory() as folder:
        db = Path(folder) / "tuning.db"
        result = autosched.tune([X, W, BIAS, Y], trials=trials, db=db)
        print(f"{result.trials} trials, {result.trials_per_second:.1f} a second")
        print(f"best: {result.time_ns:.0f} ns, {result.gflops:.1f} GFLOP/s")
        kernel = autosched.build([X, W, BIAS, Y], db=db)
        again = autosched.tune([X, W, BIAS, Y], trials=4, db=db)  # measures nothing twice
    layer = kernel.bind(W=w, BIAS=bias)
    y = layer(x)  # or layer(x, y), into an array there is
    np.testing.assert_allclose(y, np.maximum(x @ w + bias, 0), rtol=1e-3, atol=1e-3)
    print(f"{kernel.schedule} schedule, right result; {again.trials} new trials since")


if __name__ == "__main__":
    main()
