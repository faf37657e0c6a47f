"""Indices outside of their tensors, which kernels find and calls raise."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from autosched.errors import ArgumentError
from autosched.runtime.signature import Signature
from autosched.runtime.sizes import concrete


def no_faults(signature: Signature) -> list[np.ndarray]:
    """The last buffer that the functions of a kernel take, if they take one."""
    return [np.zeros(len(signature.checks), np.int64)] if signature.checks else []


def raise_faults(signature: Signature, faults: list[np.ndarray], sizes: Mapping[str, int]) -> None:
    """Raise ArgumentError for the first index that was outside; `faults` came back filled."""
    for found in faults:
        for check, index in zip(signature.checks, found.tolist(), strict=True):
            if index:
                (extent,) = concrete((check.extent,), sizes)
                raise ArgumentError(
                    f"expected indices from 0 to below {extent} in dimension {check.dimension} "
                    f"of {check.tensor} in {signature.name}, got {index}",
                    hint='its outputs are not to be used; bounds="clamp" builds a kernel that '
                    "reads the nearest element instead",
                )
