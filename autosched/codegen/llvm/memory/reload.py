"""Emits steps of an unrolled loop that read what they share with other steps anew.

Windows that overlap read an element in several steps. Kept in a register from one step to the
next, the elements of a large tile would take those that its sums are in, and a multiply-add of a
vector with one element reads that from memory at no cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.text import instructions as llvm
from autosched.ir.expr import Load
from autosched.ir.pragma import Reloaded, find
from autosched.ir.stmt import For
from autosched.ir.traverse import walk


@contextmanager
def reloading(em: Emitter, node: For) -> Iterator[None]:
    """Emit a step of a loop; where it is marked, with addresses of its own for scalar loads.

    LLVM does not see that they are those of other steps.
    """
    shared = {}
    if find(node.pragmas, Reloaded) is not None:
        loads = (each for each in walk(node.body) if type(each) is Load and each.dtype.lanes == 1)
        buffers = {load.buffer: None for load in loads}
        shared = {each: em.pointers[each] for each in buffers if each not in _written(em, node)}
    for buffer, pointer in shared.items():
        em.touch(buffer)
        em.pointers[buffer] = em.let(llvm.opaque(pointer))
    yield
    em.pointers |= shared


def _written(em: Emitter, node: For) -> tuple[object, ...]:
    return em.module.facts.written(node.body)
