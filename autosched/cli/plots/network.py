"""A network as a picture: a box for each step in order, its time as a bar, and what it reads.

One SVG without scripts or fonts of its own. Every box has a tooltip with its nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from autosched.graph.network import Network
from autosched.graph.profile import Profile, StepProfile
from autosched.text import counted, duration, printable

COLOURS = {"tuned": "#59a14f", "nearest": "#76b7b2", "default": "#4e79a7", "numpy": "#e15759"}
"""By the origin of a step's schedule."""

_LEFT, _TOP, _ROW, _BOX = 220, 60, 30, 20
_NAME, _TIME, _BAR = 420, 90, 300
_LANE, _LANES = 8, 24
"""Pixels between edges that pass by each other, and how many places there are for them."""

_LETTERS = 54
"""The most characters of a step's name and operators in its box."""


def network_svg(network: Network, profile: Profile) -> str:
    """Draw a network with the times of a profile of it."""
    width = _LEFT + _NAME + _TIME + _BAR + 20
    height = _TOP + _ROW * len(profile.steps) + 20
    title = f"{profile.name}: {counted(len(profile.steps), 'step')}, {duration(profile.time_ns)}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
            f'<rect width="{width}" height="{height}" fill="white"/>',
            f'<text x="{_LEFT}" y="20" font-size="14">{_text(title)}</text>',
            *_legend(),
            *_edges(edges_of(network)),
            *_boxes(profile.steps),
            "</svg>\n",
        ]
    )


def edges_of(network: Network) -> list[tuple[int, int]]:
    """Return pairs of numbers of steps; the second step reads a result of the first."""
    roots: dict[object, object] = {}
    maker = {value: place for place, step in enumerate(network.steps) for value in step.outputs}
    run = {node for step in network.steps for node in step.group.nodes}
    for node in network.graph.nodes:
        if node not in run:  # a view
            source = node.given[0]
            roots[node.outputs[0]] = roots.get(source, source)
    found: dict[tuple[int, int], None] = {}
    for place, step in enumerate(network.steps):
        for value in step.inputs:
            made = maker.get(roots.get(value, value))  # type: ignore[call-overload]
            if made is not None:
                found[made, place] = None
    return list(found)


def _legend() -> Iterator[str]:
    x = _LEFT
    for name, colour in COLOURS.items():
        yield f'<rect x="{x}" y="32" width="11" height="11" fill="{colour}"/>'
        yield f'<text x="{x + 15}" y="42">{name}</text>'
        x += 90


def _edges(edges: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Yield a line to the next step, and an arc at the left to a later one."""
    for number, (first, last) in enumerate(edges):
        start, end = _middle(first), _middle(last)
        if last == first + 1:
            x = _LEFT + 12
            yield f'<path d="M{x} {start}V{end}" stroke="#999999"/>'
            continue
        x = _LEFT - 16 - _LANE * (number % _LANES)
        path = f"M{_LEFT} {start}H{x}V{end}H{_LEFT}"
        yield f'<path d="{path}" stroke="#bbbbbb" fill="none"/>'


def _boxes(steps: Sequence[StepProfile]) -> Iterator[str]:
    longest = max((step.time_ns for step in steps), default=0.0) or 1.0
    for place, each in enumerate(steps):
        y, step = _TOP + _ROW * place, each.step
        said = f"{step.name}: {'+'.join(step.operators)}"
        colour = COLOURS[step.schedule]
        roofline = "" if each.roofline is None else f", {each.roofline:.0%} of the roofline"
        tip = f"{', '.join(step.nodes)}; {step.schedule}: {step.reason}{roofline}"
        bar = _BAR * each.time_ns / longest
        yield (
            f'<g><title>{_text(tip)}</title><rect x="{_LEFT}" y="{y}" width="{_NAME}" '
            f'height="{_BOX}" rx="3" fill="white" stroke="{colour}"/>'
            f'<text x="{_LEFT + 24}" y="{y + 14}">{_text(said[:_LETTERS])}</text>'
            f'<text x="{_LEFT + _NAME + _TIME - 8}" y="{y + 14}" text-anchor="end">'
            f"{_text(duration(each.time_ns))}</text>"
            f'<rect x="{_LEFT + _NAME + _TIME}" y="{y}" width="{bar:.1f}" height="{_BOX}" '
            f'fill="{colour}"/></g>'
        )


def _middle(place: int) -> int:
    return _TOP + _ROW * place + _BOX // 2


def _text(text: str) -> str:
    return escape(printable(text))
