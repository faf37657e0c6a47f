"""Devices. There is one: the CPU of this machine."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.errors import TargetError, not_offered

CPU_KINDS = ("cpu", "llvm")
OTHER_KINDS = (
    "c", "cuda", "gpu", "nvptx", "opencl", "cl", "metal", "mtl", "vulkan", "rocm", "webgpu",
    "hexagon", "ext_dev", "vpi", "stackvm", "sdaccel", "aocl", "aocl_sw_emu",
)  # fmt: skip
"""Devices and targets of TVM that are not offered."""


@dataclass(frozen=True)
class Device:
    """The device of an array or a kernel; another than a CPU can be asked whether it exists."""

    device_type: int = 1
    device_id: int = 0
    kind: str = "cpu"

    @property
    def exist(self) -> bool:
        return self.kind in CPU_KINDS

    def check(self) -> None:
        """Raise NotOfferedError unless arrays can be on the device."""
        check_kind(self.kind, "device")

    def sync(self) -> None:
        """Do nothing: a kernel returns when it is done."""

    def __str__(self) -> str:
        return f"{self.kind}({self.device_id})"


def cpu(dev_id: int = 0) -> Device:
    """Return the CPU of this machine."""
    return Device(1, dev_id)


def device(dev_type: str = "cpu", dev_id: int = 0) -> Device:
    """Return the device with this name. The text of a target is accepted too."""
    kind = dev_type.split()[0] if isinstance(dev_type, str) and dev_type.strip() else dev_type
    if kind in OTHER_KINDS:
        return Device(0, dev_id, str(kind))
    check_kind(kind, "device")
    return cpu(dev_id)


def check_kind(kind: object, what: str) -> None:
    """Raise NotOfferedError for a kind that only TVM has, TargetError for an unknown one."""
    if kind in CPU_KINDS:
        return
    if kind in OTHER_KINDS:
        raise not_offered(
            f"the {what} {kind}",
            'there is no code generator for GPUs yet: build for "llvm" and run on tvm.cpu()',
        )
    raise TargetError(f'expected the {what} "llvm" or "cpu", got {kind!r}')
