"""The part of `tvm.runtime` that TE scripts use."""

from __future__ import annotations

from typing import Any, NoReturn

from autosched.errors import not_offered
from autosched.tvm import nd as ndarray
from autosched.tvm.device import Device, cpu, device
from autosched.tvm.module import BenchmarkResult, Module
from autosched.tvm.nd import NDArray

__all__ = [
    "BenchmarkResult", "Device", "Module", "NDArray", "cpu", "device", "load_module", "ndarray",
    "num_threads",
]  # fmt: skip


def load_module(*args: Any, **kwargs: Any) -> NoReturn:
    raise not_offered("load_module", "build again where it is needed; that takes moments")


def num_threads() -> int:
    """Return how many cores a parallel loop uses by default."""
    from autosched.target.target import Target

    return Target.host().threads
