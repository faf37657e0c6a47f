"""The part of `tvm.testing` that TE scripts use."""

from __future__ import annotations

from typing import Any

import numpy as np

from autosched.tvm.device import Device, cpu
from autosched.tvm.nd import data_of


def assert_allclose(actual: Any, desired: Any, rtol: float = 1e-7, atol: float = 1e-7) -> None:
    """Assert equal shapes and close values; unlike NumPy's, `atol` is not 0 by default."""
    actual, desired = np.asarray(data_of(actual)), np.asarray(data_of(desired))
    np.testing.assert_allclose(actual.shape, desired.shape)
    np.testing.assert_allclose(actual, desired, rtol=rtol, atol=atol, verbose=True)


def device_enabled(target: Any) -> bool:
    """Whether code can be made for the target."""
    return str(target).split(maxsplit=1)[:1] == ["llvm"]


def enabled_targets() -> list[tuple[str, Device]]:
    """Return the targets that code can be made for, with their devices."""
    return [("llvm", cpu())]
