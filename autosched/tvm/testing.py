"""What TE scripts take from `tvm.testing`."""

from __future__ import annotations

from typing import Any

import numpy as np

from autosched.tvm.device import Device, cpu
from autosched.tvm.nd import data_of


def assert_allclose(actual: Any, desired: Any, rtol: float = 1e-7, atol: float = 1e-7) -> None:
    """Both have the same shape and values; unlike NumPy's, with an absolute tolerance."""
    actual, desired = np.asarray(data_of(actual)), np.asarray(data_of(desired))
    np.testing.assert_allclose(actual.shape, desired.shape)
    np.testing.assert_allclose(actual, desired, rtol=rtol, atol=atol, verbose=True)


def device_enabled(target: Any) -> bool:
    """Whether there is code for the target here."""
    return str(target).split(maxsplit=1)[:1] == ["llvm"]


def enabled_targets() -> list[tuple[str, Device]]:
    """The targets there is code for, with their devices."""
    return [("llvm", cpu())]
