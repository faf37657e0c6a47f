"""Writes the body of a function: lines of LLVM text in named blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from autosched.codegen.llvm.text.instructions import assigned, binary, phi


class Body:
    """Appends instructions; the name of a result is its operand from then on."""

    def __init__(self, block: str = "entry") -> None:
        self.lines: list[Any] = []
        """Lines, and lists of lines that grow later."""
        self.block = block
        """The block that the next line belongs to."""
        self.names = 0
        self.stem = "%v"
        """What names of results begin with; a number follows."""

    def let(self, instruction: str, name: str = "") -> str:
        """Append an instruction and return the name of its result."""
        if not name:
            self.names += 1
            name = f"{self.stem}{self.names}"
        self.lines.append(f"  {name} = {instruction}")
        return name

    def do(self, instruction: str) -> None:
        """Append an instruction without a result."""
        self.lines.append("  " + instruction)

    def label(self, stem: str = "b") -> str:
        """Return a new name for a block."""
        self.names += 1
        return f"{stem}{self.names}"

    def open(self, label: str) -> None:
        """Start a block; the one before must have ended."""
        self.lines.append(f"{label}:")
        self.block = label

    def jump(self, label: str) -> None:
        """End the block."""
        self.lines.append(f"  br label %{label}")

    def branch(self, condition: str, then: str, otherwise: str, annotation: str = "") -> None:
        """End the block with a conditional branch."""
        line = f"  br i1 {condition}, label %{then}, label %{otherwise}{annotation}"
        self.lines.append(line)

    def switch(self, value: str, labels: Mapping[int, str], otherwise: str) -> None:
        """End the block with a branch by a 64-bit integer."""
        cases = " ".join(f"i64 {number}, label %{label}" for number, label in labels.items())
        self.lines.append(f"  switch i64 {value}, label %{otherwise} [ {cases} ]")

    def ret(self, typed: str = "void") -> None:
        """End the function."""
        self.lines.append(f"  ret {typed}")

    @contextmanager
    def repeated(self, count: str) -> Iterator[str]:
        """Write a loop that runs `count` times, at least once; yields the iteration's number."""
        before, loop, end = self.block, self.label("loop"), self.label("end")
        self.jump(loop)
        self.open(loop)
        head, number = len(self.lines), f"%{loop}.number"
        self.lines.append("")  # the number, once the block that jumps back is known
        yield number
        after = self.let(binary("add", "i64", number, 1))
        self.lines[head] = assigned(number, phi("i64", [(0, before), (after, self.block)]))
        self.branch(self.let(binary("icmp slt", "i64", after, count)), loop, end)
        self.open(end)
