"""VTA, an accelerator for int8 tensors: its programs, run, timed and made."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autosched.vta.config import Memory, VTAConfig
    from autosched.vta.isa import decode, decode_uops, encode, encode_uops

__all__ = ["Memory", "VTAConfig", "decode", "decode_uops", "encode", "encode_uops"]

_HOMES = {
    "Memory": "autosched.vta.config",
    "VTAConfig": "autosched.vta.config",
    "decode": "autosched.vta.isa",
    "decode_uops": "autosched.vta.isa",
    "encode": "autosched.vta.isa",
    "encode_uops": "autosched.vta.isa",
}
"""Where the public names live; they load on first use."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'autosched.vta' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
