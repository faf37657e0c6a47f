"""Random sparse matrices. They need SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np


def random_bsr_matrix(
    m: int, n: int, bs_r: int, bs_c: int, density: float, dtype: str = "float32"
) -> Any:
    """Return an m by n matrix of SciPy whose blocks of bs_r by bs_c are filled by `density`."""
    from scipy.sparse import bsr_matrix

    rng = np.random.default_rng()
    rows, columns = m // bs_r, n // bs_c
    count = int(density * m * n) // (bs_r * bs_c) + 1
    chosen = np.sort(rng.choice(rows * columns, size=min(count, rows * columns), replace=False))
    data = rng.standard_normal((len(chosen), bs_r, bs_c)).astype(dtype)
    counts = np.bincount(chosen // columns, minlength=rows)
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype("int32")
    return bsr_matrix((data, (chosen % columns).astype("int32"), indptr), shape=(m, n))
