"""Places among sorted elements, by counting."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray


def searchsorted_ref(sorted_sequence: Array, values: Array, right: bool, out_dtype: Any) -> Array:
    """Return how many elements of the sequence come before each value, along the last axis."""
    lower = np.less_equal if right else np.less
    sequence = np.broadcast_to(sorted_sequence, (*values.shape[:-1], sorted_sequence.shape[-1]))
    rows = zip(
        sequence.reshape(-1, sequence.shape[-1]), values.reshape(-1, values.shape[-1]), strict=True
    )
    found = [lower(row, wanted[:, None]).sum(1) for row, wanted in rows]
    return np.reshape(found, values.shape).astype(out_dtype)
