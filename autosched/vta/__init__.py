"""VTA, an accelerator for int8 tensors: its programs, a simulator and a cycle model."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autosched.vta.assembly import assemble, disassemble
    from autosched.vta.config import Memory, VTAConfig
    from autosched.vta.environment import Environment, get_env
    from autosched.vta.isa.bytes import decode, encode
    from autosched.vta.isa.uops import decode_uops, encode_uops
    from autosched.vta.lowering import Program, lower_vta
    from autosched.vta.simulator import Counters, Simulator
    from autosched.vta.timing import cycles

__all__ = [
    "Counters", "Environment", "Memory", "Program", "Simulator", "VTAConfig", "assemble", "cycles",
    "decode", "decode_uops", "disassemble", "encode", "encode_uops", "get_env", "lower_vta",
]  # fmt: skip

_NAMES = {
    "assembly": ("assemble", "disassemble"),
    "config": ("Memory", "VTAConfig"),
    "environment": ("Environment", "get_env"),
    "isa.bytes": ("decode", "encode"),
    "isa.uops": ("decode_uops", "encode_uops"),
    "lowering": ("Program", "lower_vta"),
    "simulator": ("Counters", "Simulator"),
    "timing": ("cycles",),
}
"""The public names by module; a module is imported when a name of it is first used."""


def __getattr__(name: str) -> Any:
    for module, names in _NAMES.items():
        if name in names:
            return getattr(import_module(f"autosched.vta.{module}"), name)
    raise AttributeError(f"module 'autosched.vta' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
