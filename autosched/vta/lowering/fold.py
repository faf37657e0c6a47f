"""Folding a nest of loops into instructions: two loops of the hardware, the rest micro-ops.

A GEMM or ALU instruction runs `iter_out` by `iter_in` by its micro-ops, the micro-ops
innermost. Any order of the loops gives the same sums, so the two loops are chosen to need
the fewest micro-ops, with two conditions: their factors fit, and a sum is not written
again by either of the next two micro-ops, which the pipelines of some implementations
do not survive.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

Offset = tuple[int, int, int]
"""Of the sums, the inputs and the weights, in elements of their memories."""

Line = tuple[int, int, int, int]
"""A loop: its extent, and what one step adds to the three indices."""

DISTANCE = 3
"""Micro-ops from one write of a sum to the next; TVM's runtime refuses less."""

MAX_ITERATIONS = (1 << 14) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """One instruction: its micro-ops relative to the base, its loops and their factors.

    `spans` are the first and last index it touches in each memory, relative to the base.
    """

    offsets: tuple[Offset, ...]
    iter_out: int
    iter_in: int
    out_factors: Offset
    in_factors: Offset
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the fields and the micro-op memory take."""

    uops: int
    factors: Offset
    """The first value that does not fit, for each memory."""


def fold(lines: list[Line], taps: list[Offset], limits: Limits) -> tuple[Fold, ...]:
    """Instructions that together run every point of `lines`, at each of the offsets `taps`."""
    return _fold(tuple(merged(lines)), tuple(taps), limits)


def merged(lines: list[Line]) -> list[Line]:
    """The loops with those put together that step as one; loops of one point go."""
    rest = [line for line in lines if line[0] > 1]
    changed = True
    while changed:
        changed = False
        for outer, inner in permutations(rest, 2):
            extent = inner[0]
            if outer[1:] == (extent * inner[1], extent * inner[2], extent * inner[3]):
                rest[rest.index(outer)] = (outer[0] * extent, *inner[1:])
                rest.remove(inner)
                changed = True
                break
    return rest


@lru_cache(4096)
def _fold(lines: tuple[Line, ...], taps: tuple[Offset, ...], limits: Limits) -> tuple[Fold, ...]:
    choice = _choice(lines, taps, limits)
    if choice is not None:
        return (_folded(lines, taps, *choice),)
    return tuple(
        fold_
        for rest, moved in _peeled(lines, taps, limits)
        for fold_ in _fold(rest, moved, limits)
    )


def _choice(
    lines: tuple[Line, ...], taps: tuple[Offset, ...], limits: Limits
) -> tuple[int, int] | None:
    """The positions of the outer and the inner loop, len(lines) for none; None if none will do."""
    none = len(lines)
    total = len(taps)
    for line in lines:
        total *= line[0]
    fitting = [n for n, line in enumerate(lines) if _fits(line, limits)]
    pairs = [(none, none), *((none, n) for n in fitting), *permutations(fitting, 2)]
    sizes = [line[0] for line in lines] + [1]
    counted = sorted(pairs, key=lambda pair: total // (sizes[pair[0]] * sizes[pair[1]]))
    repeated = len({tap[0] for tap in taps}) < len(taps)
    for out, in_ in counted:
        if total // (sizes[out] * sizes[in_]) > limits.uops:
            return None
        if _spread(lines, out, in_, repeated, sizes):
            return out, in_
    return None


def _fits(line: Line, limits: Limits) -> bool:
    return line[0] <= MAX_ITERATIONS and all(
        0 <= step < limit for step, limit in zip(line[1:], limits.factors, strict=True)
    )


def _spread(lines: tuple[Line, ...], out: int, in_: int, repeated: bool, sizes: list[int]) -> bool:
    """Whether no sum is written twice within `DISTANCE` micro-ops.

    What lies inside of the innermost loop that returns to a sum keeps its writes apart.
    """
    run = 1
    for number, line in enumerate(lines):
        if number not in (out, in_):
            if line[1]:
                run *= line[0]
            else:
                repeated = True
    if repeated:
        return run >= DISTANCE
    if in_ < len(lines) and not lines[in_][1]:
        return run >= DISTANCE
    if out < len(lines) and not lines[out][1]:
        return run * sizes[in_] >= DISTANCE
    return True


def _folded(lines: tuple[Line, ...], taps: tuple[Offset, ...], out: int, in_: int) -> Fold:
    rest = [line for number, line in enumerate(lines) if number not in (out, in_)]
    rest.sort(key=lambda line: line[1] != 0)
    offsets = list(taps)
    for extent, dst, src, wgt in rest:
        offsets = [
            (a + dst * n, b + src * n, c + wgt * n) for a, b, c in offsets for n in range(extent)
        ]
    still = (1, 0, 0, 0)
    outer = lines[out] if out < len(lines) else still
    inner = lines[in_] if in_ < len(lines) else still
    spans = []
    for memory in range(3):
        values = [offset[memory] for offset in offsets]
        reach = (outer[0] - 1) * outer[memory + 1] + (inner[0] - 1) * inner[memory + 1]
        spans.append((min(values), max(values) + reach))
    return Fold(tuple(offsets), outer[0], inner[0], outer[1:], inner[1:], tuple(spans))


def _peeled(
    lines: tuple[Line, ...], taps: tuple[Offset, ...], limits: Limits
) -> list[tuple[tuple[Line, ...], tuple[Offset, ...]]]:
    """The nest in parts: without a loop that returns to a sum, else without the longest."""
    if len({tap[0] for tap in taps}) < len(taps):
        return [(lines, (tap,)) for tap in taps]
    if not lines:
        half = len(taps) // 2
        return [(lines, taps[:half]), (lines, taps[half:])]
    returning = [line for line in lines if not line[1]]
    line = max(returning or lines)
    rest = tuple(other for other in lines if other is not line)
    extent, dst, src, wgt = line
    return [
        (rest, tuple((a + dst * n, b + src * n, c + wgt * n) for a, b, c in taps))
        for n in range(extent)
    ]
