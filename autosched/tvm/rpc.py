"""A session with this machine, where TVM's scripts have one with a board."""

from __future__ import annotations

import os
from typing import Any

from autosched.errors import ArgumentError, WorkloadError
from autosched.tvm import vta
from autosched.tvm.absent import refusing
from autosched.tvm.device import Device
from autosched.tvm.module import load_module


class LocalSession:
    """Keeps files by their names, and loads modules from them."""

    def __init__(self) -> None:
        self._files: dict[str, str] = {}

    def upload(self, data: str, target: str | None = None) -> None:
        """Keep a file under its own name, or another."""
        self._files[target or os.path.basename(data)] = data

    def load_module(self, path: str) -> Any:
        """Load a file that was uploaded: the program of an accelerator, or code of this machine."""
        if path not in self._files:
            known = ", ".join(self._files) or "none"
            raise ArgumentError(f"expected an uploaded file ({known}), got {path!r}")
        try:
            return vta.load_module(self._files[path])
        except WorkloadError:
            return load_module(self._files[path])

    def device(self, dev_type: str, dev_id: int = 0) -> Device:
        """Return a device, which is simulated if it is an accelerator."""
        return Device(12 if dev_type == "ext_dev" else 1, dev_id)

    def ext_dev(self, dev_id: int = 0) -> Device:
        """Return the simulated accelerator."""
        return self.device("ext_dev", dev_id)

    def cpu(self, dev_id: int = 0) -> Device:
        """Return the CPU of this machine."""
        return self.device("cpu", dev_id)


__getattr__ = refusing(__name__)
