"""Parallel loops: the body becomes a function that every thread calls on its share.

Three pieces come of one loop. The share is a function of a range of the iterations and
of all that the body uses, so that its pointers keep their `noalias`. The thread is the
function that OpenMP's runtime calls: it unpacks those values and works out its range.
In the place of the loop, the values are packed and `GOMP_parallel` is called.
"""

from __future__ import annotations

from autosched.codegen.llvm.context import Emitter
from autosched.codegen.llvm.division import is_natural
from autosched.codegen.llvm.function import define, parameter
from autosched.codegen.llvm.scan import used
from autosched.ir.build import sub
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
    inner.naturals, inner.fixed = set(em.naturals), em.fixed | set(passed)
    inner.recent = em.recent
    parameters = [parameter(inner, buffer, em.alignments[buffer]) for buffer in shared]
    for var in passed:
        name = inner.env[var] = inner.slot()
        parameters.append(f"i64 {name}")
    low, high = Var("low", INDEX), Var("high", INDEX)
    inner.env |= {low: "%low", high: "%high"}
    if is_natural(em, node.start):
        inner.naturals.add(low)
    inner.run(For(node.var, low, sub(high, low), LoopKind.SERIAL, node.body, node.pragmas))
    define(
        inner, f"internal void @{share}(i64 %low, i64 %high, {', '.join(parameters)})", "noinline"
    )

    values = [f"ptr {em.pointers[buffer]}" for buffer in shared]
    values += [f"i64 {em.env[var]}" for var in passed]
    types = [value.split()[0] for value in values]
    em.module.functions.append(_thread(share, types))
    _start(em, share, [f"i64 {start}", f"i64 {extent}", *values], extent)
    for buffer in em.module.facts.written(node.body):
        em.touch(buffer)


def _start(em: Emitter, share: str, values: list[str], extent: int | str) -> None:
    context = em.slot()
    em.entry.append(f"  {context} = alloca [{len(values)} x i64], align 8")
    for position, value in enumerate(values):
        place = em.let(f"getelementptr i64, ptr {context}, i64 {position}")
        em.do(f"store {value}, ptr {place}, align 8")
    threads = em.module.threads
    count: int | str
    if isinstance(extent, int):
        count = min(threads, extent)
    else:
        short = em.let(f"call i64 @llvm.smin.i64(i64 {extent}, i64 {threads})")
        most = em.let(f"call i64 @llvm.smax.i64(i64 {short}, i64 1)")
        count = em.let(f"trunc i64 {most} to i32")
    em.module.declare("GOMP_parallel", "void", "ptr", "ptr", "i32", "i32")
    em.module.declare("omp_get_thread_num", "i32")
    em.module.declare("omp_get_num_threads", "i32")
    em.do(f"call void @GOMP_parallel(ptr @{share}.thread, ptr {context}, i32 {count}, i32 0)")


def _thread(share: str, types: list[str]) -> str:
    """The function each thread runs; the first threads take one iteration of the rest each."""
    lines = [f"define internal void @{share}.thread(ptr %context) #0 {{"]
    for position, kind in enumerate(["i64", "i64", *types]):
        lines.append(f"  %a{position} = getelementptr i64, ptr %context, i64 {position}")
        lines.append(f"  %v{position} = load {kind}, ptr %a{position}, align 8")
    lines += [
        "  %number.i32 = call i32 @omp_get_thread_num()",
        "  %count.i32 = call i32 @omp_get_num_threads()",
        "  %number = zext i32 %number.i32 to i64",
        "  %count = zext i32 %count.i32 to i64",
        "  %extent = call i64 @llvm.smax.i64(i64 %v1, i64 0)",
        "  %each = udiv i64 %extent, %count",
        "  %rest = urem i64 %extent, %count",
        "  %earlier = call i64 @llvm.smin.i64(i64 %number, i64 %rest)",
        "  %skipped = mul i64 %each, %number",
        "  %first = add i64 %skipped, %earlier",
        "  %one.more = icmp ult i64 %number, %rest",
        "  %more = zext i1 %one.more to i64",
        "  %many = add i64 %each, %more",
        "  %low = add i64 %v0, %first",
        "  %high = add i64 %low, %many",
    ]
    values = [f"{kind} %v{position}" for position, kind in enumerate(types, start=2)]
    listed = ", ".join(["i64 %low", "i64 %high", *values])
    lines += [f"  call void @{share}({listed})", "  ret void", "}"]
    return "\n".join(lines)
