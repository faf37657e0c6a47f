"""Emits parallel loops: the body becomes a function that every thread calls on its share.

A loop becomes three pieces of code. The `share` function runs a range of the iterations; all
variables and buffers that the body uses are its parameters, so that its pointers stay `noalias`.
The `member` function, which the threads of the team call, unpacks these values and calls the
share. The code in place of the loop packs the values and starts the team.
"""

from __future__ import annotations

from autosched.codegen.llvm.memory.workspace import MEMBER
from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.state.facts import used
from autosched.codegen.llvm.symbols import PARALLEL_SYMBOL
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.module import definition
from autosched.codegen.llvm.values.ranges import loop_limit
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Var
from autosched.ir.stmt import For, LoopKind

_RANGE = ("i64 %low", "i64 %high", f"i64 {MEMBER}")
"""The parameters for the iterations of a share, and the number of the member that runs it."""


def parallel(em: Emitter, node: For, start: int | str, extent: int | str) -> None:
    """Emit a loop that runs on all threads, each with a contiguous range of the iterations."""
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
    inner.env |= {low: "%low", count: inner.let(llvm.binary("sub", "i64", "%high", "%low"))}
    limit = loop_limit(em, node)
    if limit is not None:
        inner.naturals |= {low: limit, count: limit}
    inner.run(For(node.var, low, count, LoopKind.SERIAL, node.body, node.pragmas))
    inner.define([*_RANGE, *parameters], linkage="internal ", attributes="noinline")

    values = [("ptr", em.pointers[buffer]) for buffer in shared]
    values += [("i64", str(em.env[var])) for var in passed]
    em.module.functions.append(_member(share, [kind for kind, _ in values]))
    _start(em, share, values, start, extent)
    for buffer in em.module.facts.written(node.body):
        em.touch(buffer)


def _start(
    em: Emitter, share: str, values: list[tuple[str, str]], start: int | str, extent: int | str
) -> None:
    context = em.slot()
    em.entry.append(llvm.assigned(context, llvm.alloca("i64", len(values), 8)))
    for position, (kind, value) in enumerate(values):
        em.do(llvm.store(kind, value, em.let(llvm.element("i64", context, position)), 8))
    loop = [("i64", value) for value in (start, extent, em.module.threads)]
    member, what = ("ptr", f"@{share}.member"), ("ptr", context)
    em.do(em.called(llvm.quoted(PARALLEL_SYMBOL), "void", member, what, *loop))


def _member(share: str, kinds: list[str]) -> str:
    """Return the function that a thread calls with a range of iterations and its own number."""
    lines = []
    for position, kind in enumerate(kinds):
        address, value = f"%a{position}", f"%v{position}"
        lines.append(llvm.assigned(address, llvm.element("i64", "%context", position)))
        lines.append(llvm.assigned(value, llvm.load(kind, address, 8)))
    values = [f"{kind} %v{position}" for position, kind in enumerate(kinds)]
    lines += ["  " + llvm.call("void", share, [*_RANGE, *values]), "  ret void"]
    parameters = ["ptr %context", *_RANGE]
    return definition(
        "void", f"{share}.member", parameters, lines, linkage="internal ", attributes=" #0"
    )
