"""Programs as text: an instruction a line."""

from autosched.vta.assembly.assembler import assemble
from autosched.vta.assembly.disassembler import disassemble

__all__ = ["assemble", "disassemble"]
