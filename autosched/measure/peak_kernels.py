"""The kernels that measure a core's peak, as LLVM text."""

from __future__ import annotations

from autosched.target.target import Target

CHAINS = 24
"""Independent accumulators: more than latency times issue width of any current core."""

READ_VECTORS = 16
"""Vectors read in one iteration, which hide the cost of the loop."""


def multiply_add_text(target: Target, element: str, lanes: int) -> str:
    """`probe(scratch, n)`: n times a multiply-add on each of CHAINS accumulators."""
    kind = f"<{lanes} x {element}>"
    name = f"llvm.fma.v{lanes}f{32 if element == 'float' else 64}"
    half = f"splat ({element} 5.0e-01)"
    halves = f"{kind} {half}, {kind} {half}"
    chains = range(CHAINS)
    lines = [
        "  %i = phi i64 [ 0, %entry ], [ %next, %loop ]",
        *(f"  %a{c} = phi {kind} [ {half}, %entry ], [ %b{c}, %loop ]" for c in chains),
        *(f"  %b{c} = call {kind} @{name}({kind} %a{c}, {halves})" for c in chains),
        "  %next = add i64 %i, 1",
        "  %more = icmp slt i64 %next, %n",
        "  br i1 %more, label %loop, label %end",
        "end:",
    ]
    for c in chains:
        lines.append(f"  %p{c} = getelementptr {kind}, ptr %out, i64 {c}")
        lines.append(f"  store {kind} %b{c}, ptr %p{c}, align 4")
    return _function(target, "ptr %out, i64 %n", lines)


def read_text(target: Target) -> str:
    """`probe(data, blocks, n)`: n times read `blocks` blocks of READ_VECTORS vectors each."""
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
        lines.append(f"  %x{v} = load volatile {kind}, ptr %p{v}, align 64")
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


def _function(target: Target, parameters: str, body: list[str]) -> str:
    attributes = f'nounwind "prefer-vector-width"="{target.vector_bits}"'
    head = [
        f'target triple = "{target.triple}"',
        f"define void @probe({parameters}) {attributes} {{",
        "entry:",
        "  br label %loop",
        "loop:",
    ]
    return "\n".join([*head, *body, "  ret void", "}", ""])
