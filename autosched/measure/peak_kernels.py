"""The kernels that measure the peak of a core, as LLVM text."""

from __future__ import annotations

from collections.abc import Sequence

from autosched.runtime.arrays import ALIGNMENT_BYTES
from autosched.target.target import Target

CHAINS_OF_REGISTERS = {16: 12, 32: 24}
"""Independent accumulators by number of vector registers: more than latency times issue width
of such cores, and few enough to stay in registers."""

READ_VECTORS = 16
"""Vectors read in one iteration: enough to hide the cost of the loop."""


def chains(target: Target) -> int:
    """Return the number of independent accumulators of the multiply-add kernel."""
    return CHAINS_OF_REGISTERS[target.vector_registers]


def multiply_add_text(target: Target, element: str, lanes: int) -> str:
    """Return `probe(data, n)`: n times x / 2 + 1/2 on each of `chains(target)` vectors x.

    A processor without a fused multiply-add multiplies and adds.
    """
    kind = f"<{lanes} x {element}>"
    name = f"llvm.fmuladd.v{lanes}f{32 if element == 'float' else 64}"
    halves = ", ".join([f"{kind} splat ({element} 5.0e-01)"] * 2)
    numbers = range(chains(target))
    loads = []
    for c in numbers:
        loads.append(f"  %p{c} = getelementptr {kind}, ptr %data, i64 {c}")
        loads.append(f"  %x{c} = load {kind}, ptr %p{c}, align 4")
    lines = [
        "  %i = phi i64 [ 0, %entry ], [ %next, %loop ]",
        *(f"  %a{c} = phi {kind} [ %x{c}, %entry ], [ %b{c}, %loop ]" for c in numbers),
        *(f"  %b{c} = call {kind} @{name}({kind} %a{c}, {halves})" for c in numbers),
        "  %next = add i64 %i, 1",
        "  %more = icmp slt i64 %next, %n",
        "  br i1 %more, label %loop, label %end",
        "end:",
        *(f"  store {kind} %b{c}, ptr %p{c}, align 4" for c in numbers),
    ]
    return _function(target, "ptr %data, i64 %n", lines, loads)


def read_text(target: Target) -> str:
    """Return `probe(data, blocks, n)`: n times, read `blocks` blocks of READ_VECTORS vectors."""
    kind = f"<{target.vector_lanes(8)} x i64>"
    lines = [
        "  %i = phi i64 [ 0, %entry ], [ %next, %after ]",
        "  br label %inner",
        "inner:",
        "  %j = phi i64 [ 0, %loop ], [ %j.next, %inner ]",
        f"  %first = mul i64 %j, {READ_VECTORS}",
    ]
    for v in range(READ_VECTORS):
        lines.append(f"  %k{v} = add i64 %first, {v}")
        lines.append(f"  %p{v} = getelementptr {kind}, ptr %data, i64 %k{v}")
        lines.append(f"  %x{v} = load volatile {kind}, ptr %p{v}, align {ALIGNMENT_BYTES}")
    lines += [
        "  %j.next = add i64 %j, 1",
        "  %j.more = icmp slt i64 %j.next, %blocks",
        "  br i1 %j.more, label %inner, label %after",
        "after:",
        "  %next = add i64 %i, 1",
        "  %more = icmp slt i64 %next, %n",
        "  br i1 %more, label %loop, label %end",
        "end:",
    ]
    return _function(target, "ptr %data, i64 %blocks, i64 %n", lines)


def _function(target: Target, parameters: str, loop: list[str], entry: Sequence[str] = ()) -> str:
    attributes = f'nounwind "prefer-vector-width"="{target.vector_bits}"'
    head = [
        f'target triple = "{target.triple}"',
        f"define void @probe({parameters}) {attributes} {{",
        "entry:",
        *entry,
        "  br label %loop",
        "loop:",
    ]
    return "\n".join([*head, *loop, "  ret void", "}", ""])
