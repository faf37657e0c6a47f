"""Devices: the CPU of this machine, and GPUs, which the CPU can emulate."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.errors import TargetError, not_offered
from autosched.tvm.emulation import EMULATED_VERSION, GPU_KINDS, emulated

CPU_KINDS = ("cpu", "llvm")
OTHER_KINDS = ("c", "hexagon", "ext_dev", "vpi", "stackvm", "sdaccel", "aocl", "aocl_sw_emu")
"""Devices and targets of TVM that are not offered."""


def is_enabled(target: object) -> bool:
    """Tell whether programs for a target, or its text, can run."""
    kind = str(target).partition(" ")[0]
    return kind in CPU_KINDS or emulated(kind)


@dataclass(frozen=True)
class Device:
    """The device of an array or a kernel; another than a CPU can be asked whether it exists."""

    device_type: int = 1
    device_id: int = 0
    kind: str = "cpu"

    @property
    def exist(self) -> bool:
        """Whether arrays can be on the device; those on an emulated GPU are in host memory."""
        return is_enabled(self.kind)

    @property
    def compute_version(self) -> str | None:
        """The version of CUDA's hardware that an emulated GPU stands for: all dtypes are there."""
        return EMULATED_VERSION if emulated(self.kind) else None

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
    if kind in (*GPU_KINDS, *OTHER_KINDS):
        return Device(0, dev_id, str(kind))
    check_kind(kind, "device")
    return cpu(dev_id)


def check_kind(kind: object, what: str) -> None:
    """Raise NotOfferedError for a kind that only TVM has, TargetError for an unknown one.

    Kinds of GPUs are allowed where they are emulated.
    """
    if kind in CPU_KINDS or emulated(kind):
        return
    if kind in GPU_KINDS:
        raise not_offered(
            f"the {what} {kind}",
            "there is no code generator for GPUs yet: set AUTOSCHED_EMULATE_GPU=1, or call "
            "autosched.tvm.emulate_gpu(), to run its blocks and threads on this CPU",
        )
    if kind in OTHER_KINDS:
        raise not_offered(f"the {what} {kind}", 'build for "llvm" and run on tvm.cpu()')
    raise TargetError(f'expected the {what} "llvm" or "cpu", got {kind!r}')
