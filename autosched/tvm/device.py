"""Devices: there is one, this machine's CPU."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.errors import TargetError
from autosched.tvm.missing import not_offered

CPU_KINDS = ("cpu", "llvm")
OTHER_KINDS = (
    "c", "cuda", "gpu", "nvptx", "opencl", "cl", "metal", "mtl", "vulkan", "rocm", "webgpu",
    "hexagon", "ext_dev", "vpi", "stackvm", "sdaccel", "aocl",
)  # fmt: skip
"""Those of TVM that are not offered."""


@dataclass(frozen=True)
class Device:
    """Where an array lies and a kernel runs."""

    device_type: int = 1
    device_id: int = 0

    exist = True

    def sync(self) -> None:
        """Kernels return when they are done, so there is nothing to wait for."""

    def __str__(self) -> str:
        return f"cpu({self.device_id})"


def cpu(dev_id: int = 0) -> Device:
    """This machine's CPU."""
    return Device(1, dev_id)


def device(dev_type: str = "cpu", dev_id: int = 0) -> Device:
    """The device a name stands for; a target's name and options are taken too."""
    kind = dev_type.split()[0] if isinstance(dev_type, str) and dev_type.strip() else dev_type
    check_kind(kind, "device")
    return cpu(dev_id)


def check_kind(kind: object, what: str) -> None:
    """Raise NotOfferedError for what TVM has, TargetError for what nobody has."""
    if kind in CPU_KINDS:
        return
    if kind in OTHER_KINDS:
        raise not_offered(f"the {what} {kind}", 'build for "llvm" and run on tvm.cpu()')
    raise TargetError(f'expected the {what} "llvm" or "cpu", got {kind!r}')
