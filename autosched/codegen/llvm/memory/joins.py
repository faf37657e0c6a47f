"""Chooses the values of tiles where paths meet: at the start of loops and after conditions.

A choice is written when the value is read, so that none is written for what is never read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from autosched.codegen.llvm.memory.address import form_of
from autosched.codegen.llvm.memory.tiles import holder
from autosched.codegen.llvm.state.emitter import Cell, Emitter
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import register_type
from autosched.codegen.llvm.values.linear import resolve
from autosched.ir.expr import Load
from autosched.ir.stmt import Store

Path = tuple[str, Mapping[Cell, object]]
"""The block that a path ends in, and the values of the vectors of tiles there."""


class Join:
    """The start of a block, which chooses the values of vectors by the path that led there."""

    def __init__(self, em: Emitter, paths: Collection[Path], *, is_loop: bool = False) -> None:
        self.lines: list[str] = []
        self._em = em
        self._paths = [(block, dict(cells)) for block, cells in paths]
        self._is_open = is_loop
        self._names: dict[Cell, str] = {}

    def value(self, cell: Cell) -> str:
        """Return the value that a vector has from here on."""
        name = self._names.get(cell)
        if name is None:
            self._em.names += 1
            name = self._names[cell] = f"%v{self._em.names}"
            if not self._is_open:
                self._choose(cell)
        return name

    def close(self, path: Path) -> None:
        """Add the path from the end of a loop."""
        self._is_open = False
        block, cells = path
        self._paths.append((block, dict(cells)))
        chosen = 0
        while chosen < len(self._names):  # the value of one at the end may be that of another here
            self._choose([*self._names][chosen])
            chosen += 1

    def _choose(self, cell: Cell) -> None:
        buffer, offset = cell
        kind = register_type(self._em.tiles[buffer][offset])
        values = [(_value(cells, cell), block) for block, cells in self._paths]
        self.lines.append(llvm.assigned(self._names[cell], llvm.phi(kind, values)))


def _value(cells: Mapping[Cell, object], cell: Cell) -> str:
    known = cells.get(cell, "poison")
    return known.value(cell) if isinstance(known, Join) else str(known)


def join(em: Emitter, *paths: Path) -> None:
    """Go on with the values of tiles at the start of a block where paths meet."""
    (_, first), *others = paths
    cells = dict.fromkeys(cell for _, values in paths for cell in values)
    both = Join(em, paths)
    em.lines.append(both.lines)
    em.cells = {
        cell: first[cell]
        if all(values.get(cell) is first.get(cell) for _, values in others)
        else both
        for cell in cells
    }


def read(em: Emitter, node: Load) -> str:
    """Emit the value of a load from a tile."""
    offset, _ = resolve(em, form_of(em, node))
    vectors, dtype = em.tiles[node.buffer], node.dtype
    start = holder(vectors, offset, dtype)
    assert start is not None, "the tile has this vector"
    value, whole = _value(em.cells, (node.buffer, start)), vectors[start]
    if whole is dtype:
        return value
    lanes = range(offset - start, offset - start + dtype.lanes)
    return em.once(llvm.shuffle(register_type(whole), value, "poison", lanes))


def write(em: Emitter, node: Store, value: str) -> None:
    """Set the value of a vector of a tile."""
    offset, _ = resolve(em, form_of(em, node))
    em.cells[node.buffer, offset] = value
