"""Assembly text to bytes."""

from __future__ import annotations

from typing import Any

from autosched.errors import AcceleratorError, a_kind
from autosched.vta.assembly.disassembler import UNUSED
from autosched.vta.config import VTAConfig, checked
from autosched.vta.isa.bytes import CLASSES, ENUMS, FLAGS, encode_one, unused_bits
from autosched.vta.isa.fields import layouts
from autosched.vta.isa.instructions import Opcode
from autosched.vta.isa.table import INSTRUCTION_BYTES


def assemble(text: str, config: VTAConfig | None = None) -> bytes:
    """Return the stream of an assembly text.

        load memory=inp dram_base=256 y_size=1 x_size=16 x_stride=16 push_next  # a comment
        gemm uop_end=8 iter_out=14 iter_in=1 dst_factor_out=14 pop_prev
        finish

    A line has an operation and its fields, in any order: `name=value` with decimal or 0x
    numbers or the name of a memory or of an ALU operation, or the name alone for a flag.
    Fields left out are 0; a memory and an ALU operation must be given. Empty lines and comments
    are ignored. Raises `AcceleratorError` naming the line.
    """
    config = checked(config)
    if not isinstance(text, str):
        raise AcceleratorError(f"expected a program as text, got {a_kind(text)}")
    stream: list[bytes] = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if words:
            try:
                stream.append(_instruction(words, len(stream), config))
            except AcceleratorError as error:
                message = f"line {number}: {error.message}"
                raise AcceleratorError(message, hint=error.hint, context=line.strip()) from None
    return b"".join(stream)


def _instruction(words: list[str], index: int, config: VTAConfig) -> bytes:
    opcode = _opcode(words[0])
    values: dict[str, Any] = {field.name: 0 for field in layouts(config)[opcode][1:]}
    allowed = [*values, UNUSED]
    seen = set()
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if name not in allowed:
            raise AcceleratorError(
                f"expected a field of {words[0]}, got {name!r}", hint=f"it has {', '.join(allowed)}"
            )
        if name in seen:
            raise AcceleratorError(f"expected each field once, got {name} again")
        seen.add(name)
        values[name] = _value(name, value if equals else None)
    for name in values.keys() & ENUMS.keys():
        if name not in seen:
            raise AcceleratorError(f"expected {name}=, got none", hint=_members(name))
    stray = values.pop(UNUSED, 0)
    for name in values.keys() & FLAGS:
        values[name] = bool(values[name])
    data = encode_one(CLASSES[opcode](**values), index, config)
    return _with_unused(data, stray, unused_bits(opcode, config))


def _opcode(word: str) -> Opcode:
    try:
        return Opcode[word.upper()]
    except KeyError:
        known = ", ".join(opcode.name.lower() for opcode in Opcode)
        raise AcceleratorError(f"expected one of {known}, got {word!r}") from None


def _value(name: str, text: str | None) -> int:
    if name in FLAGS:
        if text not in (None, "0", "1"):
            raise AcceleratorError(f"expected the flag {name} alone or as 0 or 1, got {text!r}")
        return text != "0"
    if name in ENUMS:
        member = ENUMS[name].__members__.get((text or "").upper())
        if member is None:
            raise AcceleratorError(
                f"expected {name} by its name, got {text!r}", hint=_members(name)
            )
        return member
    try:
        return int(text or "", 0)
    except ValueError:
        raise AcceleratorError(f"expected an integer for {name}, got {text!r}") from None


def _members(name: str) -> str:
    return f"{name} is one of {', '.join(member.name.lower() for member in ENUMS[name])}"


def _with_unused(data: bytes, stray: int, mask: int) -> bytes:
    if stray & ~mask:
        raise AcceleratorError(f"expected bits of no field in {UNUSED}, got {stray:#x}")
    return (int.from_bytes(data, "little") | stray).to_bytes(INSTRUCTION_BYTES, "little")
