"""Blocks, conditions and loops."""

from __future__ import annotations

from autosched.codegen.llvm.loops.parallel import parallel
from autosched.codegen.llvm.memory.transposed import is_turned, turned
from autosched.codegen.llvm.state.emitter import Emitter, Handler
from autosched.codegen.llvm.state.facts import is_plain
from autosched.codegen.llvm.state.forms import linear
from autosched.codegen.llvm.values.linear import resolve, total
from autosched.codegen.llvm.values.ranges import loop_limit
from autosched.errors import CodegenError
from autosched.ir.buffer import Buffer
from autosched.ir.expr import Expr, Var
from autosched.ir.pragma import Prefetched, find
from autosched.ir.stmt import Block, For, If, LoopKind, Stmt

LONG = 512
"""So many iterations of a loop LLVM does not write out one by one."""


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
    _arm(em, then, node.then, done)
    if node.otherwise is not None:
        _arm(em, otherwise, node.otherwise, done)
    em.open(done)


def _arm(em: Emitter, label: str, body: Stmt, done: str) -> None:
    known = em.mark()
    em.open(label)
    em.run(body)
    em.jump(done)
    em.leave(known)


def for_(em: Emitter, node: For) -> None:
    start, extent = bound(em, node.start), bound(em, node.extent)
    if type(extent) is int and extent <= 0:
        return
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
    """The value of a loop's start or extent."""
    constant, terms = resolve(em, linear(expr))
    return total(em, constant, terms) if terms else constant


def _unrolled(em: Emitter, node: For, start: int | str, extent: int | str) -> None:
    if type(extent) is not int:
        raise CodegenError(
            f"expected a constant extent of the unrolled loop {node.var.name}, got {node.extent}",
            hint="unroll a loop whose extent is known, such as the inner one of a split",
        )

    def bind(step: int) -> None:
        _bind(em, node, _sum(em, start, step))

    if is_turned(em, node, extent):
        turned(em, node, extent, bind)
        return
    for step in range(extent):
        bind(step)
        em.run(node.body)


def _bind(em: Emitter, node: For, value: int | str) -> None:
    """Give the loop variable its value in what is emitted next."""
    em.env[node.var] = value
    limit = loop_limit(em, node)
    if limit is None:
        em.naturals.pop(node.var, None)
    else:
        em.naturals[node.var] = limit


def loop(em: Emitter, node: For, start: int | str, extent: int | str) -> None:
    """A loop with its test at the end, behind a guard where it might not run at all."""
    stop = _sum(em, start, extent)
    written = em.module.facts.written(node.body)
    for buffer in written:
        em.touch(buffer)
    body, done = em.label(), em.label()
    before = em.block
    if type(extent) is int:
        em.jump(body)
    else:
        em.branch(em.once(f"icmp sgt i64 {extent}, 0"), body, done)
    known = em.mark()
    em.open(body)
    head = len(em.lines)
    em.lines.append("")  # the loop variable, once the block that jumps back is known
    var, after = f"%i{body[1:]}", f"%n{body[1:]}"
    _bind(em, node, var)
    outer, em.prefetched = em.prefetched, {**em.prefetched, **prefetches(node)}
    around = em.recent, em.kept, em.is_free
    em.is_free = em.module.options.free_loops or is_plain(node.body)
    if not em.is_free or isinstance(extent, str) or extent >= LONG:
        em.recent, em.kept = written, node.var
    # Keeps LLVM from unrolling and vectorizing what the schedule has laid out.
    annotation = "" if em.is_free else f", !llvm.loop !{em.module.loop_metadata()}"
    em.run(node.body)
    em.prefetched = outer
    em.recent, em.kept, em.is_free = around
    em.do(f"{after} = add nsw i64 {var}, 1")
    again = em.let(f"icmp slt i64 {after}, {stop}")
    em.do(f"br i1 {again}, label %{body}, label %{done}{annotation}")
    em.lines[head] = f"  {var} = phi i64 [ {start}, %{before} ], [ {after}, %{em.block} ]"
    em.leave(known)
    em.open(done)


def prefetches(node: For) -> dict[Buffer, tuple[Var, int]]:
    """What the loop is asked to prefetch: the buffer, and how many of its steps ahead."""
    prefetched = find(node.pragmas, Prefetched)
    asked = () if prefetched is None else prefetched.value
    return {ahead.source: (node.var, ahead.steps) for ahead in asked}


def _sum(em: Emitter, start: int | str, extent: int | str) -> int | str:
    if type(start) is int and type(extent) is int:
        return start + extent
    if start == 0:
        return extent
    return em.once(f"add nsw i64 {start}, {extent}")


HANDLERS: dict[type, Handler] = {Block: block, If: if_, For: for_}
