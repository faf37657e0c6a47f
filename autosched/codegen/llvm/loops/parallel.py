"""Parallel loops: the body becomes a function that every thread calls on its share.

Three pieces come of one loop. The share is a function of a range of the iterations and
of all that the body uses, so that its pointers keep their `noalias`. The member is the
function that the team's threads call with ranges: it unpacks those values. In the place of
the loop, the values are packed and the team is called.
"""

from __future__ import annotations

from autosched.codegen.llvm.memory.workspace import MEMBER
from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.state.facts import used
from autosched.codegen.llvm.symbols import PARALLEL_SYMBOL
from autosched.codegen.llvm.values.ranges import loop_limit
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Var
from autosched.ir.stmt import For, LoopKind


def parallel(em: Emitter, node: For, start: int | str, extent: int | str) -> None:
    """Run the iterations on the threads, a contiguous range of them on each."""
    variables, buffers = used(node.body)
    passed = [var for var in variables if type(em.env.get(var)) is str]
    shared = [buffer for buffer in buffers if buffer in em.pointers]
    share = em.module.unique(em.name + ".share")

    inner = Emitter(em.module, share, in_parallel=True)
    inner.env = {var: value for var, value in em.env.items() if type(value) is not str}
    inner.naturals, inner.fixed = dict(em.naturals), em.fixed | set(passed)
    inner.recent, inner.written = em.recent, em.written
    parameters = [inner.parameter(buffer, em.alignments[buffer]) for buffer in shared]
    for var in passed:
        name = inner.env[var] = inner.slot()
        parameters.append(f"i64 {name}")
    low, count = Var("low", INDEX), Var("count", INDEX)
    inner.env |= {low: "%low", count: inner.let("sub i64 %high, %low")}
    limit = loop_limit(em, node)
    if limit is not None:
        inner.naturals |= {low: limit, count: limit}
    inner.run(For(node.var, low, count, LoopKind.SERIAL, node.body, node.pragmas))
    listed = ", ".join(["i64 %low", "i64 %high", f"i64 {MEMBER}", *parameters])
    inner.define(f"internal void @{share}({listed})", "noinline")

    values = [f"ptr {em.pointers[buffer]}" for buffer in shared]
    values += [f"i64 {em.env[var]}" for var in passed]
    types = [value.split()[0] for value in values]
    em.module.functions.append(_member(share, types))
    _start(em, share, values, f"i64 {start}, i64 {extent}")
    for buffer in em.module.facts.written(node.body):
        em.touch(buffer)


def _start(em: Emitter, share: str, values: list[str], iterations: str) -> None:
    context = em.slot()
    em.entry.append(f"  {context} = alloca [{len(values)} x i64], align 8")
    for position, value in enumerate(values):
        place = em.let(f"getelementptr i64, ptr {context}, i64 {position}")
        em.do(f"store {value}, ptr {place}, align 8")
    em.module.declare(f'"{PARALLEL_SYMBOL}"', "void", "ptr", "ptr", "i64", "i64", "i64")
    loop = f"ptr @{share}.member, ptr {context}, {iterations}, i64 {em.module.threads}"
    em.do(f'call void @"{PARALLEL_SYMBOL}"({loop})')


def _member(share: str, types: list[str]) -> str:
    """The function that a member calls with a range of the iterations and its own number."""
    lines = [
        f"define internal void @{share}.member(ptr %context, i64 %low, i64 %high, i64 %own) #0 {{"
    ]
    for position, kind in enumerate(types):
        lines.append(f"  %a{position} = getelementptr i64, ptr %context, i64 {position}")
        lines.append(f"  %v{position} = load {kind}, ptr %a{position}, align 8")
    values = [f"{kind} %v{position}" for position, kind in enumerate(types)]
    listed = ", ".join(["i64 %low", "i64 %high", "i64 %own", *values])
    return "\n".join([*lines, f"  call void @{share}({listed})", "  ret void", "}"])
