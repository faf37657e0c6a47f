"""The compiler of CUDA, for which there is no use here: nothing is there."""

from __future__ import annotations

from typing import Any, NoReturn

from autosched.errors import not_offered


def have_fp16(compute_version: str) -> bool:
    """Whether the GPU computes in float16; there is none."""
    return False


def __getattr__(name: str) -> Any:
    def missing(*args: object, **kwargs: object) -> NoReturn:
        raise not_offered(f"tvm.contrib.nvcc.{name}")

    if name.startswith("__"):
        raise AttributeError(name)
    return missing
