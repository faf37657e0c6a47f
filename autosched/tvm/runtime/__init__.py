"""The part of `tvm.runtime` that TE scripts use."""

from __future__ import annotations

from typing import Any

from autosched.config import tvm_threads
from autosched.ir.build import const
from autosched.tvm import nd as ndarray
from autosched.tvm.absent import refusing
from autosched.tvm.device import Device, cpu, device, is_enabled
from autosched.tvm.module import BenchmarkResult, Module, load_module
from autosched.tvm.nd import NDArray

__all__ = [
    "BenchmarkResult", "Device", "Module", "NDArray", "convert", "cpu", "device", "enabled",
    "load_module", "ndarray", "num_threads",
]  # fmt: skip


def convert(value: Any, span: object = None) -> Any:
    """Return numbers as constants, in lists and dicts too; other values stay as they are."""
    if isinstance(value, (bool, int, float)):
        return const(value)
    if isinstance(value, (list, tuple)):
        return [convert(item) for item in value]
    if isinstance(value, dict):
        return {key: convert(item) for key, item in value.items()}
    return value


def enabled(target: str) -> bool:
    """Whether code can be made for the target."""
    return is_enabled(target)


def num_threads() -> int:
    """Return how many cores a parallel loop uses by default."""
    from autosched.target.target import Target

    return tvm_threads() or Target.host().threads


__getattr__ = refusing(__name__)
