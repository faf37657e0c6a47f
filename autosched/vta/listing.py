"""A program as text: where its tensors lie, then its instructions."""

from __future__ import annotations

from autosched.vta.assembly import disassemble
from autosched.vta.config import Memory
from autosched.vta.lowering.program import Program


def listing(program: Program) -> str:
    """The disassembly, which `assemble` takes, after comments on what lies in DRAM."""
    uop_bytes = program.config.element_bytes(Memory.UOP)
    lines = [
        f"# {place.name}: {place.dtype} {list(place.shape)} at byte {place.base}"
        + (", written" if place.is_output else "")
        for place in program.places
    ]
    lines.append(f"# {len(program.uops) // uop_bytes} micro-ops at byte {program.uop_base}")
    return "\n".join(lines) + "\n" + disassemble(program.instructions, program.config)
