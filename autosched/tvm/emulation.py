"""GPUs that the CPU emulates where it is asked to: threads run one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autosched.config import emulates_gpu
from autosched.errors import ArgumentError
from autosched.files import write_whole

GPU_KINDS = (
    "cuda", "gpu", "nvptx", "opencl", "cl", "metal", "mtl", "vulkan", "rocm", "webgpu",
)  # fmt: skip
"""Devices and targets of TVM that have blocks and threads."""

EMULATED_VERSION = "8.0"
"""The version of CUDA's hardware with every dtype that kernels here have."""

THREAD_FILES = (".ptx", ".cubin", ".cl", ".hsaco", ".metal", ".spv")
"""The endings of files with code for a GPU."""

_START = "def "
"""What the text of a loop nest begins with."""

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


@dataclass(frozen=True)
class ThreadCode:
    """The loop nest of a module for an emulated GPU, to read: the module itself has the code."""

    type_key: str
    text: str

    def get_source(self, fmt: str = "") -> str:
        """Return the loop nest, in which loops name the threads that they run on."""
        return self.text

    inspect_source = get_source

    def save(self, file_name: str, fmt: str = "") -> None:
        """Write the loop nest, where a script expects PTX or the like."""
        write_whole(file_name, self.text)

    @classmethod
    def read(cls, path: Path) -> ThreadCode:
        """Return the loop nest in a file that `save` wrote. Raises ArgumentError without one."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ArgumentError(f"expected a file with a loop nest, got {error}") from None
        if not text.startswith(_START):
            raise ArgumentError(f"expected a file that a module wrote, got {path}")
        return cls(path.suffix.removeprefix("."), text)
