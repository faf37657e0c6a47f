"""The innermost loops of assembly: their instructions, vector registers and spills.

Reads LLVM's text for x86-64 (AT&T) and for AArch64.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LABEL = re.compile(r"^(\.?L\w+):")
_VECTOR = re.compile(r"%[xyz]mm\d+|\b[vq]\d+\b")
_NUMBER = re.compile(r"\d+$")
_FUSED = re.compile(r"v?fn?m(?:add|sub)|vpdp|vdpbf16|fml[as]\b|[su]dot\b")
_JUMP = re.compile(r"(?:j\w+|b|b\.\w+|cbn?z|tbn?z)$")
_READING = ("cmp", "test", "prefetch", "lea", "call", "push")
"""Instructions of x86 that only read their last operand."""
_STACK = ("(%rsp", "(%rbp", "[sp", "[x29")


@dataclass(frozen=True)
class HotLoop:
    """An innermost loop: how many of its instructions do what in one iteration.

    `fused` are multiply-adds and dot products, of vectors or numbers; `spills` are vectors that
    are stored on the stack or loaded from there, which is also counted as a load or a store.
    `registers` are the different vector registers.
    """

    label: str
    instructions: int
    fused: int
    loads: int
    stores: int
    spills: int
    registers: int


def hot_loops(assembly: str) -> list[HotLoop]:
    """Return the innermost loops of a text, those with the most multiply-adds first."""
    lines, places = _instructions(assembly)
    found = [
        _counted(label, lines[start : end + 1]) for label, start, end in _innermost(lines, places)
    ]
    return sorted(found, key=lambda loop: (-loop.fused, -loop.instructions))


def _instructions(assembly: str) -> tuple[list[str], dict[str, int]]:
    """Return the instructions, and for each label the number of the one after it."""
    lines: list[str] = []
    places: dict[str, int] = {}
    for line in assembly.splitlines():
        label = _LABEL.match(line)
        if label:
            places[label[1]] = len(lines)
        elif line[:1].isspace() and not line.lstrip().startswith((".", "#", "//")) and line.strip():
            lines.append(line.strip())
    return lines, places


def _innermost(lines: list[str], places: dict[str, int]) -> Iterator[tuple[str, int, int]]:
    """Return the label and the first and last instruction of each loop without another in it."""
    loops = []
    for number, line in enumerate(lines):
        name, _, operands = line.partition("\t")
        label = operands.rpartition(",")[2].strip()
        if _JUMP.match(name) and places.get(label, number + 1) <= number:
            loops.append((label, places[label], number))
    for label, start, end in loops:
        inner = (s >= start and e <= end and (s, e) != (start, end) for _, s, e in loops)
        if not any(inner):
            yield label, start, end


def _counted(label: str, lines: list[str]) -> HotLoop:
    registers: set[str] = set()
    fused = loads = stores = spills = 0
    for line in lines:
        name, _, operands = line.partition("\t")
        vectors = _VECTOR.findall(operands)
        registers.update(_number(vector) for vector in vectors)
        fused += bool(_FUSED.match(name))
        is_memory = "(" in operands or "[" in operands
        is_store = is_memory and _stores(name, operands)
        loads += is_memory and not is_store and not name.startswith(("lea", "prefetch", "prfm"))
        stores += is_store
        spills += bool(vectors) and any(place in operands for place in _STACK)
    return HotLoop(label, len(lines), fused, loads, stores, spills, len(registers))


def _number(register: str) -> str:
    found = _NUMBER.search(register)
    return found[0] if found else register


def _stores(name: str, operands: str) -> bool:
    """Whether an instruction with an operand in memory writes it: the last one in AT&T's order."""
    if "[" in operands:
        return name.startswith("st")
    last = re.split(r",\s*(?![^(]*\))", operands)[-1]
    return "(" in last and not name.startswith(_READING)
