"""Raises errors for the indices outside their tensors that a kernel found."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from autosched.errors import ArgumentError
from autosched.runtime.signature import Signature
from autosched.runtime.sizes import concrete


def no_faults(signature: Signature) -> list[np.ndarray]:
    """Return the buffer for indices that are outside, as the last arguments of a kernel."""
    return [np.zeros(len(signature.checks), np.int64)] if signature.checks else []


def raise_faults(signature: Signature, faults: list[np.ndarray], sizes: Mapping[str, int]) -> None:
    """Raise ArgumentError for the first index that was outside, from the filled `faults`."""
    for found in faults:
        for check, index in zip(signature.checks, found.tolist(), strict=True):
            if index:
                (extent,) = concrete((check.extent,), sizes)
                raise ArgumentError(
                    f"expected indices from 0 to below {extent} in dimension {check.dimension} "
                    f"of {check.tensor} in {signature.name}, got {index}",
                    hint='do not use the outputs; bounds="clamp" builds a kernel that reads the '
                    "nearest element instead",
                )
