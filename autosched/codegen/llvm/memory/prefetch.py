"""Emits prefetches: fetches into the caches of what a loop reads some iterations later.

Each load fetches its own elements for later. Where the loops inside read the elements several
times, as a panel of weights that serves many tiles, the innermost ones fetch the panel of a later
iteration line by line, evenly, so that memory is never waited for.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from autosched.codegen.llvm.memory.address import form_of
from autosched.codegen.llvm.state.emitter import Emitter, Fetch
from autosched.codegen.llvm.state.forms import IndexForm
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import memory_type
from autosched.codegen.llvm.values.linear import resolve, total
from autosched.ir.expr import Const, Expr, Load
from autosched.ir.pragma import Prefetched, find
from autosched.ir.stmt import For, LoopKind
from autosched.ir.traverse import free_vars, iter_stmts, walk


def fetches(em: Emitter, node: For) -> tuple[Fetch, ...]:
    """Return the prefetches under way in the body of a loop."""
    asked = find(node.pragmas, Prefetched)
    new = () if asked is None else asked.value
    return (
        *(Fetch(fetch.ahead, (*fetch.loops, node)) for fetch in em.fetches),
        *(Fetch(ahead, (node,)) for ahead in new),
    )


def prefetch(em: Emitter, node: Load, form: IndexForm, at: str) -> None:
    """Prefetch the elements that a load reads some steps later; no fault past the end.

    `at` is its address now. Nothing is done for buffers that no loop around fetches ahead.
    """
    if form.vectors:
        return
    for fetch in em.fetches:
        if fetch.ahead.source is node.buffer and not fetch.ahead.evenly:
            distance = form.atoms.get(fetch.loops[0].var, 0) * fetch.ahead.steps
            if distance:
                _prefetch(em, em.let(llvm.element(_element(node), at, distance)))


def prefetch_evenly(em: Emitter, loop: For) -> None:
    """Prefetch in an innermost loop its share of the panels that loops around read later.

    A panel is the memory from one iteration to the next one.
    """
    asked = [fetch for fetch in em.fetches if fetch.ahead.evenly]
    if not asked:
        return
    inner = (stmt for stmt in iter_stmts(loop.body) if type(stmt) is For)
    if any(each.kind is not LoopKind.UNROLLED for each in inner):
        return
    for fetch in asked:
        reads = (node for node in walk(loop.body) if type(node) is Load)
        read = next((node for node in reads if node.buffer is fetch.ahead.source), None)
        if read is not None:
            _share(em, fetch, read)


def _share(em: Emitter, fetch: Fetch, read: Load) -> None:
    """Emit the share of one iteration in a panel, if the loops inside read it several times."""
    form = form_of(em, read)
    first, *inner = fetch.loops
    stride = form.atoms.get(first.var, 0)
    counts = _extents(inner)
    if (
        form.vectors
        or counts is None
        or not stride
        or all(each.var in form.atoms for each in inner)
    ):
        return
    unrolled = (stmt for stmt in iter_stmts(inner[-1].body) if type(stmt) is For)
    inside = {each.var for each in (*inner, *unrolled)}
    outer: dict[Expr, int] = {}
    for atom, coefficient in form.atoms.items():
        own = free_vars(atom)
        if own.isdisjoint(inside):
            outer[atom] = coefficient
        elif atom not in inside:
            return
    line = em.module.target.cache_line_bytes // read.dtype.scalar.bytes
    share = step = -(-abs(stride) // prod(counts))
    constant, terms = resolve(em, IndexForm(form.constant + stride * fetch.ahead.steps, outer))
    for each, count in zip(reversed(inner), reversed(counts), strict=True):
        terms.append((str(em.env[each.var]), step))
        step *= count
    start = em.let(
        llvm.element(_element(read), em.pointers[fetch.ahead.source], total(em, constant, terms))
    )
    for offset in range(0, share, line):
        at = em.let(llvm.element(_element(read), start, offset)) if offset else start
        _prefetch(em, at)


def _extents(loops: Sequence[For]) -> list[int] | None:
    """Return the iterations of the loops; None where some are not constant."""
    known = [int(loop.extent.value) for loop in loops if type(loop.extent) is Const]
    return known if len(known) == len(loops) else None


def _element(read: Load) -> str:
    return memory_type(read.buffer.dtype)


def _prefetch(em: Emitter, at: str) -> None:
    read, in_all_caches, data = ("i32", 0), ("i32", 3), ("i32", 1)
    em.do(em.called("llvm.prefetch.p0", "void", ("ptr", at), read, in_all_caches, data))
