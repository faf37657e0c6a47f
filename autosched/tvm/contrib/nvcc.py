"""The compiler of CUDA, for which there is no use here: only its questions are answered."""

from __future__ import annotations

from typing import Any, NoReturn

from autosched.errors import not_offered
from autosched.tvm.emulation import emulated


def have_fp16(compute_version: str | None) -> bool:
    """Whether a GPU computes in a dtype: an emulated one does, and there is no other."""
    return compute_version is not None and emulated("cuda")


have_int8 = have_bf16 = have_fp16


def __getattr__(name: str) -> Any:
    def missing(*args: object, **kwargs: object) -> NoReturn:
        raise not_offered(f"tvm.contrib.nvcc.{name}")

    if name.startswith("__"):
        raise AttributeError(name)
    return missing
