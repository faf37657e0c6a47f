"""Emits steps of an unrolled loop that read what they share with other steps anew.

Windows that overlap read an element in several steps. Kept in a register from one step to the
next, the elements of a large tile would take those that its sums are in, and a multiply-add of a
vector with one element reads that from memory at no cost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod

from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.text import instructions as llvm
from autosched.ir.expr import Buffer, Const, Expr, Load, Var
from autosched.ir.pragma import Reloaded, find
from autosched.ir.stmt import For, LoopKind, Stmt, Store
from autosched.ir.traverse import child_stmts, free_vars, walk


def reloaded(em: Emitter, node: For) -> list[Buffer]:
    """Return the buffers of scalar loads that each step of a loop repeats.

    These are all that the loop only reads if it is marked, or if the sums and the elements that
    steps share exceed the registers.
    """
    if find(node.pragmas, Reloaded) is None and not _is_crowded(em, node):
        return []
    loads = (each for each in walk(node.body) if type(each) is Load and each.dtype.lanes == 1)
    buffers = dict.fromkeys(load.buffer for load in loads)
    return [each for each in buffers if each not in em.module.facts.written(node.body)]


@contextmanager
def reloading(em: Emitter, buffers: Iterable[Buffer]) -> Iterator[None]:
    """Emit a step of a loop, with addresses of its own for buffers.

    LLVM does not see that they are those of other steps.
    """
    shared = {each: em.pointers[each] for each in buffers}
    for buffer, pointer in shared.items():
        em.touch(buffer)
        em.pointers[buffer] = em.let(llvm.opaque(pointer))
    yield
    em.pointers |= shared


def _is_crowded(em: Emitter, node: For) -> bool:
    """Tell whether the sums of a tile and the elements of its windows exceed the registers."""
    if not em.module.is_laid_out:
        return False
    crowded = em.module.crowded.get(node)
    if crowded is None:
        crowded = em.module.crowded[node] = _live(em, node) > em.module.target.vector_registers
    return crowded


def _live(em: Emitter, node: For) -> int:
    """Return how many registers hold the sums of a tile and elements that several steps read.

    It is 0 where steps of the loop share no elements.
    """
    sums = shared = 0
    points: dict[Var, int] = {}
    stmts: list[Stmt] = [node.body]
    while stmts:
        stmt = stmts.pop()
        if type(stmt) is For:
            if stmt.kind is not LoopKind.UNROLLED or type(stmt.extent) is not Const:
                return 0
            points[stmt.var] = int(stmt.extent.value)
        elif type(stmt) is Store and em.module.facts.update(stmt) is not None:
            if any(node.var in free_vars(index) for index in stmt.indices):
                return 0
            sums += _points(stmt.indices, points)
            loads = (each for each in walk(stmt.value) if type(each) is Load)
            scalars = [load for load in loads if load.dtype.lanes == 1]
            overlapping = [load for load in scalars if _overlaps(load, node.var, points)]
            shared += sum(_points(load.indices, points) for load in overlapping)
        stmts += child_stmts(stmt)
    return sums + shared if shared else 0


def _points(indices: Sequence[Expr], loops: Mapping[Var, int]) -> int:
    used = {var for index in indices for var in free_vars(index)}
    return prod(extent for var, extent in loops.items() if var in used)


def _overlaps(load: Load, step: Var, loops: Collection[Var]) -> bool:
    """Tell whether an index moves with the step and with a point, as in a window."""
    variables = (free_vars(index) for index in load.indices)
    return any(step in each and any(var in loops for var in each) for each in variables)
