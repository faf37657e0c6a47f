"""What a network is made of, as text: its groups of nodes, and its plan."""

from __future__ import annotations

from collections.abc import Iterator

from autosched.graph.network import Network
from autosched.graph.printer import named_constants, node_lines
from autosched.graph.report import report_of
from autosched.graph.steps import Step
from autosched.runtime.plan import KernelCall, Place
from autosched.text import line, size


def fused_text(network: Network) -> str:
    """The nodes of each step, below how they are computed."""
    names = named_constants(network.graph)
    lines: list[str] = []
    for number, step in enumerate(network.steps):
        lines.append(f"{number}: {_how(step)}")
        for node in step.group.nodes:
            lines += node_lines(node, "    ", names)
    return "\n".join(lines)


def plan_text(network: Network) -> str:
    """The calls in order, with the place of each operand in bytes."""
    sizes = f"arena {size(network.arena_bytes)}, weights {size(network.weights_bytes)}"
    return "\n".join([f"network {network.graph.name}: {sizes}", *_parts(network)])


def _parts(network: Network) -> Iterator[str]:
    for plan, steps in network.parts:
        if plan is None:
            yield from (f"by Python: {_how(step)}" for step in steps)
            continue
        yield f"plan {plan.name}:"
        width = max(len(_call(call)) for call in plan.calls)
        for call, step in zip(plan.calls, steps, strict=True):
            yield f"  {_call(call).ljust(width)}  # {line(step.group.name)}"


def _call(call: KernelCall) -> str:
    return f"{call.symbol}({', '.join(map(_place, call.operands))})"


def _place(place: Place) -> str:
    sign = "+" if place.space in ("arena", "weights") else " "
    return f"{place.space}{sign}{place.offset}"


def _how(step: Step) -> str:
    made = report_of(step)
    name = line(made.name)
    if made.task is None:
        return f"{name}, by NumPy: {made.reason}"
    there = f", on {made.target}" if made.placed else ""
    return f"{name}, task {made.short_task}, {made.schedule}{there}"
