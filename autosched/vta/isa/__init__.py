"""The instruction set: instructions and micro-ops, their fields and their bytes."""

from autosched.vta.config import Memory
from autosched.vta.isa.bytes import decode, encode
from autosched.vta.isa.instructions import (
    QUEUES,
    Alu,
    AluOp,
    Finish,
    Gemm,
    Instruction,
    Load,
    Module,
    Opcode,
    Store,
    Transfer,
    UopLoop,
    module_of,
)
from autosched.vta.isa.table import INSTRUCTION_BYTES
from autosched.vta.isa.uops import MicroOp, decode_uops, encode_uops

__all__ = [
    "INSTRUCTION_BYTES",
    "QUEUES",
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
    "Transfer",
    "UopLoop",
    "decode",
    "decode_uops",
    "encode",
    "encode_uops",
    "module_of",
]
