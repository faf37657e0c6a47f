"""A workload of your own. From the root of the repository:

autosched tune examples/own_workload.py:gated m=256 n=1024 --trials 64
autosched run examples/own_workload.py:gated m=256 n=1024
"""

import numpy as np

from autosched import te, workload
from autosched.te.tensor import Tensor


def gated_in_numpy(x: np.ndarray, gate: np.ndarray) -> np.ndarray:
    """The same in NumPy: `run` times it beside the kernel."""
    return x / (1 + np.exp(-gate))


@workload(reference=gated_in_numpy)
def gated(m: int, n: int = 1024) -> list[Tensor]:
    """Each of m x n values, scaled by the sigmoid of its gate."""
    x = te.placeholder((m, n), name="X")
    gate = te.placeholder((m, n), name="G")
    return [x, gate, te.compute((m, n), lambda i, j: x[i, j] * te.sigmoid(gate[i, j]), name="Y")]
