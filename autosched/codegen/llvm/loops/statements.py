"""Emits blocks, conditions and loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autosched.codegen.llvm.loops.parallel import parallel
from autosched.codegen.llvm.memory.dot_products import dotted, is_dotted
from autosched.codegen.llvm.memory.interleaved import interleaved, is_interleaved
from autosched.codegen.llvm.memory.joins import Join, Path, join
from autosched.codegen.llvm.memory.prefetch import fetches, prefetch_evenly
from autosched.codegen.llvm.memory.reload import reloaded, reloading
from autosched.codegen.llvm.memory.tiles import carried
from autosched.codegen.llvm.memory.transposed import is_turned, turned
from autosched.codegen.llvm.memory.words import is_of_words, moved
from autosched.codegen.llvm.state.emitter import Emitter, Handler
from autosched.codegen.llvm.state.facts import is_plain
from autosched.codegen.llvm.state.forms import linear
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.values.linear import resolve, total
from autosched.codegen.llvm.values.ranges import loop_limit
from autosched.errors import CodegenError, not_offered
from autosched.ir.expr import Expr
from autosched.ir.stmt import Block, For, If, LoopKind

LONG = 512
"""Iterations from which LLVM does not unroll a loop fully."""


def block(em: Emitter, node: Block) -> None:
    for stmt in node.stmts:
        em.run(stmt)


def if_(em: Emitter, node: If) -> None:
    condition = em.value(node.condition)
    if type(condition) is not str:
        if condition:
            em.run(node.then)
        elif node.otherwise is not None:
            em.run(node.otherwise)
        return
    then, done = em.label(), em.label()
    otherwise = done if node.otherwise is None else em.label()
    em.branch(condition, then, otherwise)
    last: Path = em.block, em.cells
    em.cells = {**em.cells}
    with em.arm(then, done):
        em.run(node.then)
        first = em.block, em.cells
    if node.otherwise is not None:
        em.cells = {**last[1]}
        with em.arm(otherwise, done):
            em.run(node.otherwise)
            last = em.block, em.cells
    em.open(done)
    join(em, first, last)


def for_(em: Emitter, node: For) -> None:
    start, extent = bound(em, node.start), bound(em, node.extent)
    if type(extent) is int and extent <= 0:
        return
    if node.kind is LoopKind.THREAD and em.module.target.gpu == "none":
        raise not_offered(
            "code for the blocks and threads of a GPU",
            "the target 'cpu -gpu=emulated' runs them one after the other, to check results",
        )
    if node.kind is LoopKind.VECTORIZED:
        raise CodegenError(
            f"expected no vectorized loops, got one over {node.var.name}",
            hint="run the pass that turns them into vector code first",
        )
    if node.kind is LoopKind.UNROLLED:
        _unrolled(em, node, start, extent)
    elif extent == 1:
        _bind(em, node, start)
        em.run(node.body)
    elif node.kind is LoopKind.PARALLEL and not em.in_parallel and em.module.threads > 1:
        parallel(em, node, start, extent)
    else:
        loop(em, node, start, extent)


def bound(em: Emitter, expr: Expr) -> int | str:
    """Emit the start or the extent of a loop."""
    constant, terms = resolve(em, linear(expr))
    return total(em, constant, terms) if terms else constant


def _unrolled(em: Emitter, node: For, start: int | str, extent: int | str) -> None:
    if type(extent) is not int:
        raise CodegenError(
            f"expected a constant extent of the unrolled loop {node.var.name}, got {node.extent}",
            hint="unroll a loop whose extent is known, such as the inner one of a split",
        )

    def bind(step: int) -> None:
        em.bind(node.var, _sum(em, start, step))

    _limit(em, node)
    emit = _at_once(em, node, extent)
    if emit is not None:
        emit(em, node, extent, bind)
        return
    buffers = reloaded(em, node)
    for step in range(extent):
        bind(step)
        if buffers:
            with reloading(em, buffers):
                em.run(node.body)
        else:
            em.run(node.body)


_AT_ONCE = (
    (is_dotted, dotted),
    (is_interleaved, interleaved),
    (is_turned, turned),
    (is_of_words, moved),
)
"""Ways to emit all steps of an unrolled loop together: whether one fits, and what emits it."""


def _at_once(em: Emitter, node: For, extent: int) -> Callable[..., None] | None:
    """Return the way to emit all steps of an unrolled loop together, if one fits."""
    known = em.module.at_once
    if (node, extent) not in known:
        ways = (emit for fits, emit in _AT_ONCE if fits(em, node, extent))
        known[node, extent] = next(ways, None)
    return known[node, extent]


def _bind(em: Emitter, node: For, value: int | str) -> None:
    """Set the value of the loop variable for the code emitted next."""
    em.bind(node.var, value)
    _limit(em, node)


def _limit(em: Emitter, node: For) -> None:
    """Set the bound of the loop variable."""
    limit = loop_limit(em, node)
    if limit is None:
        em.naturals.pop(node.var, None)
    else:
        em.naturals[node.var] = limit


def loop(em: Emitter, node: For, start: int | str, extent: int | str) -> None:
    """Emit a loop with its test at the end, and a guard before it if it may not run at all."""
    stop = _sum(em, start, extent)
    for buffer in em.module.facts.written(node.body):
        em.touch(buffer)
    body, done = em.label(), em.label()
    before: Path = em.block, em.cells
    em.cells = {**em.cells}
    if type(extent) is int:
        em.jump(body)
    else:
        em.branch(em.once(llvm.binary("icmp sgt", "i64", extent, 0)), body, done)
    with em.passing():
        em.open(body)
        both = Join(em, [before], is_loop=True)
        em.cells |= dict.fromkeys(carried(em, node.body), both)
        em.lines.append(both.lines)
        var, after = f"%i{body[1:]}", f"%n{body[1:]}"
        _bind(em, node, var)
        is_free = is_plain(node.body)
        # Keeps LLVM from unrolling and vectorizing what the schedule has laid out.
        annotation = "" if is_free else em.module.plain_loop()
        with em.inside(var), em.having(**_around(em, node, extent, is_free)):
            prefetch_evenly(em, node)
            em.run(node.body)
        em.lines.append(llvm.assigned(after, llvm.binary("add nsw", "i64", var, 1)))
        again = em.let(llvm.binary("icmp slt", "i64", after, stop))
        em.branch(again, body, done, annotation)
        last = em.block, em.cells
        both.close(last)
        steps = llvm.phi("i64", [(start, before[0]), (after, em.block)])
        both.lines.append(llvm.assigned(var, steps))
    em.open(done)
    if type(extent) is not int:
        join(em, before, last)


def _around(em: Emitter, node: For, extent: int | str, is_free: bool) -> dict[str, Any]:
    """Return the state of emission in the body of a loop."""
    around = {"fetches": fetches(em, node), "is_free": is_free}
    if is_free and isinstance(extent, int) and extent < LONG:
        return around
    return around | {"recent": em.module.facts.written(node.body), "kept": node.var}


def _sum(em: Emitter, start: int | str, extent: int | str) -> int | str:
    if type(start) is int and type(extent) is int:
        return start + extent
    if start == 0:
        return extent
    return em.once(llvm.binary("add nsw", "i64", start, extent))


HANDLERS: dict[type, Handler] = {Block: block, If: if_, For: for_}
