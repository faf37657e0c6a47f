"""The instruction set: what the instructions are, and their bytes."""

from autosched.vta.config import Memory
from autosched.vta.isa.bytes import INSTRUCTION_BYTES, decode, encode
from autosched.vta.isa.instructions import (
    Alu,
    AluOp,
    Finish,
    Gemm,
    Instruction,
    Load,
    Module,
    Opcode,
    Store,
    module_of,
)
from autosched.vta.isa.uops import MicroOp, decode_uops, encode_uops

__all__ = [
    "INSTRUCTION_BYTES",
    "Alu",
    "AluOp",
    "Finish",
    "Gemm",
    "Instruction",
    "Load",
    "Memory",
    "MicroOp",
    "Module",
    "Opcode",
    "Store",
    "decode",
    "decode_uops",
    "encode",
    "encode_uops",
    "module_of",
]
