"""Visitors that emit the instructions of a leaf.

A leaf is analysed once. Its instructions are emitted for all visits that have the same key
together (see `boxes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from autosched.analysis.inequalities import conjuncts, nonnegative_forms
from autosched.analysis.linear import Linear
from autosched.errors import LoweringError
from autosched.ir.expr import Expr, Load, Var
from autosched.ir.stmt import Store
from autosched.ir.traverse import free_vars
from autosched.vta.config import Memory
from autosched.vta.isa.instructions import AluOp
from autosched.vta.lowering.boxes import Boxes, Key, LoopBounds
from autosched.vta.lowering.emitter import Emitter
from autosched.vta.lowering.fold import Fold, Limits, fold
from autosched.vta.lowering.forms import Operand, flat, nonaffine_vars, number
from autosched.vta.lowering.outline import Leaf, Loop
from autosched.vta.lowering.transfer import Transfer, transfers
from autosched.vta.lowering.visits import Array, Visits

Steps = tuple[int, ...]
"""The step of an index along each loop."""


@dataclass(slots=True)
class Domain:
    """The iteration domain of a leaf.

    `walked` are the loops that run in Python, `loops` the loops that instructions run.
    `conditions` are linear forms that must not be negative; the bool with each says whether
    points where it is negative get zeros. `opaque` are conditions of another form, which are
    evaluated for each visit.
    """

    walked: list[Loop]
    loops: list[Loop]
    conditions: list[tuple[Linear, bool]]
    opaque: list[Expr]


def domain_of(leaf: Leaf, accesses: Sequence[Load | Store], fills: tuple[Expr, ...] = ()) -> Domain:
    """Return the domain of `leaf`, which reads and writes at `accesses`.

    Points where a condition of `fills` does not hold get zeros. A loop runs in Python if its
    variable occurs in an index that is not affine.
    """
    forms: list[tuple[Linear, bool]] = []
    opaque: list[Expr] = []
    walked: set[Var] = set()
    conditions = [(part, False) for condition in leaf.conditions for part in conjuncts(condition)]
    conditions += [(part, True) for condition in fills for part in conjuncts(condition)]
    for condition, fill in conditions:
        goals = nonnegative_forms(condition)
        if goals is None and fill:
            raise LoweringError(f"expected inequalities where padding begins, got {condition}")
        if goals is None:
            opaque.append(condition)
            walked |= set(free_vars(condition))
        else:
            forms += [(goal, fill) for goal in goals]
    for linear in (*map(flat, accesses), *(form for form, _ in forms)):
        walked |= nonaffine_vars(linear)
    return Domain(
        [loop for loop in leaf.loops if loop[0] in walked],
        [loop for loop in leaf.loops if loop[0] not in walked],
        forms,
        opaque,
    )


class Visitor:
    """Base class: emits the instructions of a leaf."""

    def __init__(self, domain: Domain, lanes: set[Expr], emitter: Emitter):
        self.walked = domain.walked
        self.opaque = domain.opaque
        self.emitter = emitter
        self.kept = [n for n, (var, _) in enumerate(domain.loops) if var not in lanes]
        for linear, _ in domain.conditions:
            for atom in linear.terms:
                if atom in lanes:
                    raise LoweringError(
                        f"expected whole blocks, got the condition {linear.to_expr()} >= 0 "
                        "inside of one",
                        hint="pad the channels to a multiple of the block",
                    )
        self.boxes = Boxes([domain.loops[n] for n in self.kept], domain.conditions)

    def emit(self, visits: Visits) -> None:
        """Emit the instructions of all visits."""
        wanted: Array | None = None
        for condition in self.opaque:
            holds = visits.per_visit(number(condition, visits.env))
            wanted = holds if wanted is None else wanted & holds
        groups = self.boxes.groups(visits, wanted)
        if groups:
            self.emit_groups(groups, visits)

    def emit_groups(self, groups: list[tuple[Key, Array]], visits: Visits) -> None:
        """Emit the instructions of the visits of each group."""
        raise NotImplementedError

    def steps(self, place: Operand) -> Steps:
        """Return the steps of an operand along the loops that are not inside one element."""
        return tuple(place.steps[n] for n in self.kept)

    def folds(self, key: Key, dst: Steps, src: Steps, wgt: Steps) -> tuple[Fold, ...]:
        """Return the instructions for the boxes of `key`; boxes of one shape may share one."""
        return _folds(self.boxes.loops, key, dst, src, wgt, self.emitter.limits)


class GemmVisitor(Visitor):
    """Emits a sum of products as GEMM instructions."""

    def __init__(self, domain: Domain, places: tuple[Operand, Operand, Operand], emitter: Emitter):
        super().__init__(domain, {v for p in places for v in p.lanes}, emitter)
        self.bases = [p.base for p in places]
        self.directions = [self.steps(p) for p in places]

    def emit_groups(self, groups: list[tuple[Key, Array]], visits: Visits) -> None:
        dst, src, wgt = map(visits.values, self.bases)
        for key, some in groups:
            templates = [self.emitter.gemm(each) for each in self.folds(key, *self.directions)]
            self.emitter.emit(templates, 0, visits.order[some], dst[some], src[some], wgt[some])


class AluVisitor(Visitor):
    """Emits resets and ALU operations; each runs over the whole nest before the next begins.

    `steps` has the operations, each with its other operand, a constant or other sums. A reset is
    the operation None.
    """

    def __init__(
        self,
        domain: Domain,
        target: Operand,
        steps: list[tuple[AluOp | None, int | Operand]],
        emitter: Emitter,
    ):
        super().__init__(domain, set(target.lanes), emitter)
        self.base = target.base
        self.direction = self.steps(target)
        self.actions = steps

    def emit_groups(self, groups: list[tuple[Key, Array]], visits: Visits) -> None:
        dst = visits.values(self.base)
        sources = [self._source(op, operand, dst, visits) for op, operand in self.actions]
        for key, some in groups:
            first = 0
            for (op, operand), (source, direction) in zip(self.actions, sources, strict=True):
                folds = self.folds(key, self.direction, direction, (0,) * len(direction))
                templates = [self._template(op, operand, each) for each in folds]
                self.emitter.emit(templates, first, visits.order[some], dst[some], source[some], 0)
                first += len(templates)

    def _source(
        self, op: AluOp | None, operand: int | Operand, dst: Array, visits: Visits
    ) -> tuple[Array, Steps]:
        """Return the index of the other operand in each visit, and its steps along the loops.

        With a constant the other operand is the target.
        """
        if op is None:
            return np.zeros_like(dst), (0,) * len(self.direction)
        if isinstance(operand, int):
            return dst, self.direction
        return visits.values(operand.base), self.steps(operand)

    def _template(self, op: AluOp | None, operand: int | Operand, fold: Fold) -> int:
        if op is None:
            return self.emitter.reset(fold)
        return self.emitter.alu(op, operand if isinstance(operand, int) else None, fold)


@dataclass(frozen=True, slots=True)
class ZeroPage:
    """`count` elements of zeros in DRAM, beginning at element `start`."""

    start: int
    count: int


class CopyVisitor(Visitor):
    """Emits transfers between the operand `chip` and the operand `dram`.

    They are stores if `memory` is OUT, otherwise loads; without `dram`, loads of zeros.
    """

    def __init__(
        self,
        domain: Domain,
        chip: Operand,
        dram: Operand | None,
        memory: Memory,
        zeros: ZeroPage,
        emitter: Emitter,
    ):
        super().__init__(domain, set(chip.lanes), emitter)
        self.chip, self.dram = chip.base, None if dram is None else dram.base
        self.memory, self.zeros = memory, zeros
        inside = self.steps(chip)
        self.directions = inside, (0,) * len(inside) if dram is None else self.steps(dram)

    def emit_groups(self, groups: list[tuple[Key, Array]], visits: Visits) -> None:
        chip = visits.values(self.chip)
        dram = np.zeros_like(chip) if self.dram is None else visits.values(self.dram)
        zeros = np.full_like(chip, self.zeros.start)
        for key, some in groups:
            found = _transfers(
                self.boxes.loops,
                key,
                *self.directions,
                self.zeros.count,
                self.memory is not Memory.OUT,
                self.dram is None,
            )
            for first, each in enumerate(found):
                template = self.emitter.transfer(self.memory, each)
                start = zeros if each.is_zero else dram
                self.emitter.emit([template], first, visits.order[some], chip[some], start[some], 0)


@lru_cache(4096)
def _folds(
    loops: LoopBounds, key: Key, dst: Steps, src: Steps, wgt: Steps, limits: Limits
) -> tuple[Fold, ...]:
    """Return the instructions that cover the boxes of iterations of one combination of conditions.

    `key` says which conditions hold. Candidates share loops, so the results are cached.
    """
    if key == loops.full:
        return fold(list(zip(loops.extents, dst, src, wgt, strict=True)), [(0, 0, 0)], limits)
    groups: dict[tuple[int, ...], list[tuple[int, int, int]]] = {}
    for box in loops.boxes(key):
        starts = [low for low, _ in box.ranges]
        tap = (_dot(starts, dst), _dot(starts, src), _dot(starts, wgt))
        groups.setdefault(tuple(high - low + 1 for low, high in box.ranges), []).append(tap)
    result: list[Fold] = []
    for counts, taps in groups.items():
        result += fold(list(zip(counts, dst, src, wgt, strict=True)), taps, limits)
    return tuple(result)


@lru_cache(4096)
def _transfers(
    loops: LoopBounds,
    key: Key,
    inside: Steps,
    outside: Steps,
    zero_count: int,
    is_load: bool,
    is_blank: bool,
) -> tuple[Transfer, ...]:
    """Return the transfers for the boxes of `key`; all points are zeros if `is_blank`."""
    lines = list(zip(loops.extents, inside, outside, strict=True))
    found: list[Transfer] = []
    for box in loops.boxes(key):
        box.blank = box.blank or is_blank
        found += transfers(lines, box, zero_count, is_load=is_load)
    return tuple(found)


def _dot(values: list[int], steps: Steps) -> int:
    return sum(value * step for value, step in zip(values, steps, strict=True))
