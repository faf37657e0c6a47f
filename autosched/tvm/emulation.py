"""GPUs that the CPU emulates where it is asked to: threads run one after the other."""

from __future__ import annotations

from autosched.config import emulates_gpu

GPU_KINDS = (
    "cuda", "gpu", "nvptx", "opencl", "cl", "metal", "mtl", "vulkan", "rocm", "webgpu",
)  # fmt: skip
"""Devices and targets of TVM that have blocks and threads."""

_asked: list[bool] = []
"""What `emulate_gpu` was last told; empty before."""


def emulate_gpu(on: bool = True) -> None:
    """From now on run programs for a GPU on this CPU, or refuse them again.

    That checks results, not speed. The environment variable `AUTOSCHED_EMULATE_GPU=1` does the
    same for a script that stays as it is.
    """
    _asked[:] = [on]


def emulated(kind: object) -> bool:
    """Tell whether programs for a device or target of this kind run on an emulated GPU."""
    return kind in GPU_KINDS and (_asked[0] if _asked else emulates_gpu())
