"""VTA, an accelerator for int8 tensors: its programs, run, timed and made."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autosched.vta.assembly import assemble, disassemble
    from autosched.vta.config import Memory, VTAConfig
    from autosched.vta.environment import Environment, get_env
    from autosched.vta.isa import decode, decode_uops, encode, encode_uops
    from autosched.vta.lowering import Program, lower_vta
    from autosched.vta.simulator import Counters, Simulator
    from autosched.vta.timing import cycles

__all__ = [
    "Counters",
    "Environment",
    "Memory",
    "Program",
    "Simulator",
    "VTAConfig",
    "assemble",
    "cycles",
    "decode",
    "decode_uops",
    "disassemble",
    "encode",
    "encode_uops",
    "get_env",
    "lower_vta",
]

_HOMES = {
    "Counters": "autosched.vta.simulator",
    "Environment": "autosched.vta.environment",
    "Memory": "autosched.vta.config",
    "Program": "autosched.vta.lowering",
    "Simulator": "autosched.vta.simulator",
    "VTAConfig": "autosched.vta.config",
    "assemble": "autosched.vta.assembly",
    "cycles": "autosched.vta.timing",
    "decode": "autosched.vta.isa",
    "decode_uops": "autosched.vta.isa",
    "disassemble": "autosched.vta.assembly",
    "encode": "autosched.vta.isa",
    "encode_uops": "autosched.vta.isa",
    "get_env": "autosched.vta.environment",
    "lower_vta": "autosched.vta.lowering",
}
"""Where the public names live; they load on first use."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'autosched.vta' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
