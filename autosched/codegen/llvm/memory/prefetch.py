"""Emits prefetches: fetches into the caches of what a loop reads some iterations later.

Each load fetches its own elements for later. Where stages computed in the loop read them, the
innermost loops share the work, so that memory is never waited for: they fetch a panel line by line,
evenly, if an iteration reads a piece of memory several times, as a panel of weights that serves
many tiles. Otherwise each of them fetches the lines that it reads itself an iteration later.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from autosched.codegen.llvm.memory.address import form_of
from autosched.codegen.llvm.state.emitter import Emitter, Fetch
from autosched.codegen.llvm.state.forms import IndexForm, place
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import memory_type
from autosched.codegen.llvm.values.linear import Terms, resolve, total
from autosched.ir.expr import Const, Expr, Load, Var
from autosched.ir.pragma import Prefetched, find
from autosched.ir.rewrite import substitute
from autosched.ir.stmt import For, LoopKind, Stmt
from autosched.ir.traverse import child_stmts, free_vars, iter_stmts, walk

_ALL_CACHES, _BEYOND_L1 = 3, 2
"""LLVM's localities of a prefetch: into all caches, and into those beyond L1."""

MOST_SHARED = 256
"""Lines that an iteration fetches at most of a panel: half of an L1 of 32 KB.

More at once take longer than to wait for them. A panel that no loop of a constant extent shares
would take thousands of instructions.
"""


def fetches(em: Emitter, node: For) -> tuple[Fetch, ...]:
    """Return the prefetches under way in the body of a loop."""
    asked = find(node.pragmas, Prefetched)
    new = () if asked is None else asked.value
    return (
        *(Fetch(fetch.ahead, (*fetch.loops, node)) for fetch in em.fetches),
        *(Fetch(ahead, (node,)) for ahead in new),
    )


def prefetch(
    em: Emitter, node: Load, form: IndexForm, at: str, constant: int, terms: Terms
) -> None:
    """Prefetch the elements that a load reads some steps later; no fault past the end.

    `at` is its address now, that of the element `constant + sum(terms)`. Elements as far apart as
    those of one cache line are fetched once. Nothing is done for buffers that no loop around
    fetches ahead.
    """
    if form.vectors:
        return
    for fetch in em.fetches:
        if fetch.ahead.source is node.buffer and not fetch.ahead.evenly:
            distance = form.atoms.get(fetch.loops[0].var, 0) * fetch.ahead.steps
            line = constant * node.dtype.bytes // em.module.target.cache_line_bytes
            key = fetch, terms, line
            if distance and key not in em.cache:
                em.cache[key] = ""
                _prefetch(em, em.let(llvm.element(_element(node), at, distance)))


def prefetch_evenly(em: Emitter, loop: For) -> None:
    """Prefetch in an innermost loop its share of what loops around read later.

    Of the loops that fetch a tensor, the innermost with another place in it each iteration does.
    Loops whose extents vary, such as those over the taps that meet an image, share no panel: the
    innermost one around them does.
    """
    asked = [fetch for fetch in em.fetches if fetch.ahead.evenly]
    if not asked or _has_even_loop(loop.body):
        return
    inside = [stmt for stmt in iter_stmts(loop.body) if type(stmt) is For]
    is_innermost = all(each.kind is LoopKind.UNROLLED for each in inside)
    for source in dict.fromkeys(fetch.ahead.source for fetch in asked):
        reads = [n for n in walk(loop.body) if type(n) is Load and n.buffer is source]
        moving = [
            fetch
            for fetch in asked
            if fetch.ahead.source is source and reads and _moves(reads[0], fetch.loops[0].var)
        ]
        if moving and _is_panel(em, moving[-1], reads[0], inside):
            _share(em, moving[-1], reads[0])
        elif moving and is_innermost:
            _lines(em, moving[-1], reads, inside)


def _has_even_loop(stmt: Stmt) -> bool:
    """Whether loops of constant extent run in `stmt`, by a constant number of iterations."""
    if type(stmt) is For and stmt.kind is not LoopKind.UNROLLED:
        return type(stmt.extent) is Const
    return any(map(_has_even_loop, child_stmts(stmt)))


def _moves(read: Load, var: Var) -> bool:
    return any(var in free_vars(index) for index in read.indices)


def _is_panel(em: Emitter, fetch: Fetch, read: Load, inside: Sequence[For]) -> bool:
    """Whether what an iteration reads lies together, up to where the next iteration's begins."""
    form = form_of(em, read)
    first, *inner = fetch.loops
    span = sum(
        abs(form.atoms.get(loop.var, 0)) * (int(loop.extent.value) - 1)
        for loop in (*inner, *inside)
        if type(loop.extent) is Const
    )
    return span < 2 * abs(form.atoms.get(first.var, 0))


def _lines(em: Emitter, fetch: Fetch, reads: Sequence[Load], unrolled: Sequence[For]) -> None:
    """Emit fetches of the cache lines that the loads of one iteration read some steps later.

    Of elements that are next to each other the last is fetched: a tile that follows another
    begins in a line which that one has read.
    """
    line = em.module.target.cache_line_bytes // reads[0].dtype.scalar.bytes
    var = fetch.loops[0].var
    extents = _extents(unrolled)
    if extents is None:
        return
    inside: dict[Expr, int] = {
        loop.var: extent for loop, extent in zip(unrolled, extents, strict=True)
    }
    later: dict[tuple[tuple[Expr, int], ...], set[int]] = {}
    for read in reads:
        indices = [substitute(index, {var: var + fetch.ahead.steps}) for index in read.indices]
        form = place(read.buffer, tuple(indices))
        offsets, outer = {form.constant}, {}
        for atom, step in form.atoms.items():
            if atom in inside:
                offsets = {at + step * n for at in offsets for n in range(inside[atom])}
            elif free_vars(atom).isdisjoint(inside) and not _loads(atom):
                outer[atom] = step
            else:
                return
        if form.vectors:
            return
        later.setdefault(tuple(outer.items()), set()).update(offsets)
    for atoms, offsets in later.items():
        constant, terms = resolve(em, IndexForm(0, dict(atoms)))
        start = total(em, constant, terms)
        base = em.let(llvm.element(_element(reads[0]), em.pointers[fetch.ahead.source], start))
        fetched: int | None = None
        for offset in sorted(offsets, reverse=True):
            if fetched is None or fetched - offset >= line:
                _prefetch(em, em.let(llvm.element(_element(reads[0]), base, offset)), _BEYOND_L1)
                fetched = offset


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
    if share > MOST_SHARED * line:
        return
    constant, terms = resolve(em, IndexForm(form.constant + stride * fetch.ahead.steps, outer))
    for each, count in zip(reversed(inner), reversed(counts), strict=True):
        terms += ((str(em.env[each.var]), step),)
        if type(each.start) is Const:
            constant -= step * int(each.start.value)
        step *= count
    start = em.let(
        llvm.element(_element(read), em.pointers[fetch.ahead.source], total(em, constant, terms))
    )
    for offset in range(0, share, line):
        at = em.let(llvm.element(_element(read), start, offset)) if offset else start
        _prefetch(em, at)


def _loads(atom: Expr) -> bool:
    """Whether it reads memory, which may end before what is read some steps later."""
    return any(type(node) is Load for node in walk(atom))


def _extents(loops: Sequence[For]) -> list[int] | None:
    """Return the iterations of the loops; None where some are not constant."""
    known = [int(loop.extent.value) for loop in loops if type(loop.extent) is Const]
    return known if len(known) == len(loops) else None


def _element(read: Load) -> str:
    return memory_type(read.buffer.dtype)


def _prefetch(em: Emitter, at: str, locality: int = _ALL_CACHES) -> None:
    read, data = ("i32", 0), ("i32", 1)
    em.do(em.called("llvm.prefetch.p0", "void", ("ptr", at), read, ("i32", locality), data))
