"""The timeline as a picture: a row for each unit, a colour for each kind, waits below.

One SVG without scripts or fonts of its own. Every bar has a tooltip with its instruction, its
cycles and its waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from autosched.vta.timing.spans import ARRIVAL, Span
from autosched.vta.timing.table import ALL_UNITS

KIND_COLOURS = {
    "FETCH": "#8c8c8c",
    "LOAD INP": "#4e79a7",
    "LOAD WGT": "#76b7b2",
    "LOAD ACC": "#b07aa1",
    "LOAD UOP": "#d4a6c8",
    "GEMM": "#59a14f",
    "RESET": "#a8d39f",
    "ALU": "#f28e2b",
    "STORE": "#9c755f",
    "SYNC": "#edc948",
    "FINISH": "#333333",
}

WAIT_COLOURS = {
    "tokens from load": "#e15759",
    "tokens from compute": "#d3a13b",
    "tokens from store": "#7b3f8c",
    ARRIVAL: "#bab0ac",
    "the bus": "#ff9da7",
}

_LEFT, _RIGHT, _TOP = 70, 20, 80
_ROW, _BAR, _STRIP, _GAP = 54, 26, 8, 3
_LABEL = 7.0
_CAPITAL = 10.0
"""Pixels of a letter, about; a kind, in capitals, is written where it fits its bar."""


def timeline_svg(
    spans: Sequence[Span],
    total: int,
    title: str,
    width: int = 1400,
    first: int = 0,
    last: int | None = None,
) -> str:
    """Draw the cycles from `first` to `last` (the end, unless given) on `width` pixels."""
    last = total if last is None else last
    scale = (width - _LEFT - _RIGHT) / max(1, last - first)
    height = _TOP + _ROW * len(ALL_UNITS) + 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{_LEFT}" y="18" font-size="14">{escape(title)}</text>',
        *_legend(spans),
        *_axis(first, last, scale, _TOP + _ROW * len(ALL_UNITS), width),
    ]
    for number, unit in enumerate(ALL_UNITS):
        y = _TOP + _ROW * number
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 18}" text-anchor="end">{unit}</text>')
        shown = (span for span in spans if span.unit == unit)
        parts += _row(shown, y, first, last, scale)
    return "\n".join([*parts, "</svg>\n"])


def _legend(spans: Iterable[Span]) -> Iterator[str]:
    """Yield a line of the kinds that occur, and one of the waits."""
    present = {_kind(span) for span in spans}
    kinds = [(kind, colour) for kind, colour in KIND_COLOURS.items() if kind in present]
    waits = [(f"waits for {what}", colour) for what, colour in WAIT_COLOURS.items()]
    for y, entries in ((28, kinds), (46, waits)):
        x = float(_LEFT)
        for text, colour in entries:
            yield f'<rect x="{x:.0f}" y="{y}" width="11" height="11" fill="{colour}"/>'
            yield f'<text x="{x + 15:.0f}" y="{y + 10}">{text}</text>'
            x += 30 + _LABEL * len(text)


def _axis(first: int, last: int, scale: float, bottom: int, width: int) -> Iterator[str]:
    step = _step(last - first)
    for cycle in range(-(-first // step) * step, last + 1, step):
        x = _LEFT + (cycle - first) * scale
        yield f'<path d="M{x:.1f} {_TOP - 8}V{bottom}" stroke="#e4e4e4"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{cycle}</text>'
    yield f'<text x="{width - _RIGHT}" y="{bottom + 30}" text-anchor="end">cycles</text>'


def _step(length: int) -> int:
    """Return the distance of ticks: 1, 2 or 5 times a power of ten, for at most ten ticks."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if length <= 10 * factor * power:
                return factor * power
        power *= 10


def _row(spans: Iterable[Span], y: int, first: int, last: int, scale: float) -> Iterator[str]:
    """Yield bars, and below them strips for the waits before each bar and for the bus inside it."""

    def rect(start: float, end: float, top: float, high: int, colour: str, tip: str) -> str:
        start, end = max(start, first), min(end, last)
        x = _LEFT + (start - first) * scale
        wide = max(0.6, (end - start) * scale)
        edge = ' stroke="white" stroke-width="0.6"' if wide > 4 else ""
        return (
            f'<rect x="{x:.2f}" y="{top}" width="{wide:.2f}" height="{high}" fill="{colour}"'
            f"{edge}><title>{escape(tip)}</title></rect>"
        )

    strip = y + _BAR + _GAP
    for span in spans:
        for wait in span.waits:
            if wait.end >= first and wait.start <= last:
                colour = WAIT_COLOURS[wait.cause]
                tip = f"{wait.end - wait.start} cycles for {wait.reason}, instruction "
                yield rect(wait.start, wait.end, strip, _STRIP, colour, tip + str(span.instruction))
        if span.end < first or span.start > last:
            continue
        yield rect(span.start, span.end, y, _BAR, KIND_COLOURS[_kind(span)], describe(span))
        if span.bus_wait:
            tip = f"{span.bus_wait} cycles for the bus, instruction {span.instruction}"
            until = span.start + span.bus_wait
            yield rect(span.start, until, strip, _STRIP, WAIT_COLOURS["the bus"], tip)
        if (span.end - span.start) * scale > _CAPITAL * len(span.kind) and span.start >= first:
            x = _LEFT + ((span.start + min(span.end, last)) / 2 - first) * scale
            place = f'x="{x:.1f}" y="{y + 17}" text-anchor="middle" fill="white"'
            yield f"<text {place}>{span.kind}</text>"


def _kind(span: Span) -> str:
    """Return the kind; a batch of fetch has the number of its instructions after it."""
    return span.kind.split()[0] if span.unit == "fetch" else span.kind


def describe(span: Span) -> str:
    """Describe a span in words."""
    text = (
        f"{span.instruction} {span.kind}: cycles {span.start} to {span.end} "
        f"({span.end - span.start})"
    )
    waits = [f"waited {wait.end - wait.start} for {wait.reason}" for wait in span.waits]
    if span.bus_wait:
        waits.append(f"held up {span.bus_wait} on the bus")
    return ", ".join([text, *waits])
