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
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from autosched.vta.config import UOP_DISTANCE
from autosched.vta.isa.fields import MAX_ITERATIONS

Offset = tuple[int, int, int]
"""An index of a sum, an input and a weight, in elements of their memories."""

NestLoop = tuple[int, int, int, int]
"""A loop: its extent, and its steps of the three indices."""

Loops = tuple[NestLoop, ...]


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
    """The limits of the micro-op memory and of the factors' fields."""

    uops: int
    factors: Offset
    """The smallest factor that does not fit, for each memory."""


def fold(lines: list[NestLoop], taps: list[Offset], limits: Limits) -> tuple[Fold, ...]:
    """Return the instructions that run the loops `lines` once from each of the offsets `taps`.

    Taps with different sums share instructions where their writes of a sum stay far enough apart.
    """
    rest = tuple(merged(lines))
    starts = dict.fromkeys(tap[0] for tap in taps)
    if len(starts) > 1:
        together = _fold(rest, tuple(taps), limits)
        if all(map(_apart, together)):
            return together
    return tuple(
        each
        for start in starts
        for each in _fold(rest, tuple(tap for tap in taps if tap[0] == start), limits)
    )


def merged(lines: list[NestLoop]) -> list[NestLoop]:
    """Return the loops of several iterations; two loops that step like one are merged."""
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
def _fold(lines: Loops, taps: tuple[Offset, ...], limits: Limits) -> tuple[Fold, ...]:
    choices = [_choice(each, taps, limits) for each in _divided(lines)]
    best = min(
        (choice for choice in choices if choice is not None), default=None, key=itemgetter(0)
    )
    if best is not None:
        return (_folded(best, taps),)
    return tuple(
        fold_
        for rest, moved in _peeled(lines, taps, limits)
        for fold_ in _fold(rest, moved, limits)
    )


def _divided(lines: Loops) -> list[Loops]:
    """Return the loops unchanged, and with one split: a short run of sums fits into micro-ops."""
    found = [lines]
    for number, (extent, *steps) in enumerate(lines):
        dst, src, wgt = steps
        factor = next((f for f in range(UOP_DISTANCE, extent // 2 + 1) if extent % f == 0), None)
        if dst and factor is not None:
            outer = (extent // factor, dst * factor, src * factor, wgt * factor)
            inner = (factor, dst, src, wgt)
            found.append((*lines[:number], outer, inner, *lines[number + 1 :]))
    return found


class _Choice(NamedTuple):
    """The number of micro-ops, and the positions of the hardware loops in `lines`.

    The position `len(lines)` stands for no loop.
    """

    uops: int
    lines: Loops
    out: int
    in_: int


def _choice(lines: Loops, taps: tuple[Offset, ...], limits: Limits) -> _Choice | None:
    """Return the hardware loops that need the fewest micro-ops; None if no pair is possible."""
    none = len(lines)
    total = len(taps)
    for line in lines:
        total *= line[0]
    fitting = [n for n, line in enumerate(lines) if _fits(line, limits)]
    pairs = [(none, none), *((none, n) for n in fitting), *permutations(fitting, 2)]
    sizes = [line[0] for line in lines] + [1]
    counted = sorted((total // (sizes[out] * sizes[in_]), out, in_) for out, in_ in pairs)
    repeated = len(taps) > 1
    for uops, out, in_ in counted:
        if uops > limits.uops:
            return None
        if _spread(lines, out, in_, repeated, sizes):
            return _Choice(uops, lines, out, in_)
    return None


def _fits(line: NestLoop, limits: Limits) -> bool:
    return line[0] <= MAX_ITERATIONS and all(
        0 <= step < limit for step, limit in zip(line[1:], limits.factors, strict=True)
    )


def _spread(lines: Loops, out: int, in_: int, repeated: bool, sizes: list[int]) -> bool:
    """Whether no sum is written twice within `UOP_DISTANCE` micro-ops.

    The micro-ops inside of the innermost loop that returns to a sum lie between its writes.
    """
    run = 1
    for number, line in enumerate(lines):
        if number not in (out, in_):
            if line[1]:
                run *= line[0]
            else:
                repeated = True
    if repeated:
        return run >= UOP_DISTANCE
    if in_ < len(lines) and not lines[in_][1]:
        return run >= UOP_DISTANCE
    if out < len(lines) and not lines[out][1]:
        return run * sizes[in_] >= UOP_DISTANCE
    return True


@lru_cache(4096)
def _apart(fold_: Fold) -> bool:
    """Whether no sum is written twice within `UOP_DISTANCE` micro-ops, by listing all writes."""
    dst = np.array([offset[0] for offset in fold_.offsets])
    outer = np.arange(fold_.iter_out) * fold_.out_factors[0]
    inner = np.arange(fold_.iter_in) * fold_.in_factors[0]
    order = (outer[:, None, None] + inner[:, None] + dst).reshape(-1)
    return not any((order[n:] == order[:-n]).any() for n in range(1, UOP_DISTANCE))


def _folded(choice: _Choice, taps: tuple[Offset, ...]) -> Fold:
    lines, out, in_ = choice.lines, choice.out, choice.in_
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
    lines: Loops, taps: tuple[Offset, ...], limits: Limits
) -> list[tuple[Loops, tuple[Offset, ...]]]:
    """Return a nest for each value of one loop: one that returns to a sum, else the longest."""
    if len(taps) > 1:
        return [(lines, (tap,)) for tap in taps]
    returning = [line for line in lines if not line[1]]
    line = max(returning or lines)
    rest = tuple(other for other in lines if other is not line)
    extent, dst, src, wgt = line
    return [
        (rest, tuple((a + dst * n, b + src * n, c + wgt * n) for a, b, c in taps))
        for n in range(extent)
    ]
