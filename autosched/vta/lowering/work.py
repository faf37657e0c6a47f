"""Leaves at work: each analysed once, then emitted at every visit."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.analysis.linear import Linear
from autosched.errors import LoweringError
from autosched.ir.expr import Expr, Var
from autosched.ir.visitor import free_vars
from autosched.vta.config import Memory
from autosched.vta.isa import AluOp
from autosched.vta.lowering.boxes import Boxes, Key, nonnegative
from autosched.vta.lowering.emitter import Emitter
from autosched.vta.lowering.fold import Fold, fold
from autosched.vta.lowering.forms import Env, bent, evaluate, number
from autosched.vta.lowering.operand import Operand
from autosched.vta.lowering.outline import Leaf, Loop
from autosched.vta.lowering.transfer import Transfer, transfers


@dataclass(slots=True)
class Site:
    """A leaf taken apart: loops that run in Python, the nest's own, and its conditions."""

    walked: list[Loop]
    loops: list[Loop]
    conditions: list[tuple[Linear, bool]]
    opaque: list[Expr]


def site(leaf: Leaf, linears: list[Linear], fills: tuple[Expr, ...] = ()) -> Site:
    """The site of `leaf`, whose operands are at `linears`; `fills` put zeros where they fail.

    A loop whose variable stands in an index that is not affine runs in Python.
    """
    forms: list[tuple[Linear, bool]] = []
    opaque: list[Expr] = []
    walked: set[Var] = set()
    for condition in (*leaf.conditions, *fills):
        fill = condition in fills
        goals = nonnegative(condition)
        if goals is None and fill:
            raise LoweringError(f"expected inequalities where padding begins, got {condition}")
        if goals is None:
            opaque.append(condition)
            walked |= set(free_vars(condition))
        else:
            forms += [(goal, fill) for goal in goals]
    for linear in (*linears, *(form for form, _ in forms)):
        walked |= bent(linear)
    return Site(
        [loop for loop in leaf.loops if loop[0] in walked],
        [loop for loop in leaf.loops if loop[0] not in walked],
        forms,
        opaque,
    )


class Visitor:
    """Base of what is done at a leaf; `visit` emits it for the loops as `env` has them."""

    def __init__(self, place: Site, lanes: set[Expr], emitter: Emitter):
        self.walked = place.walked
        self.opaque = place.opaque
        self.emitter = emitter
        self.kept = [n for n, (var, _) in enumerate(place.loops) if var not in lanes]
        for linear, _ in place.conditions:
            for atom in linear.terms:
                if atom in lanes:
                    raise LoweringError(
                        f"expected whole blocks, got the condition {linear.to_expr()} >= 0 "
                        "inside of one",
                        hint="pad the channels to a multiple of the block",
                    )
        self.boxes = Boxes([place.loops[n] for n in self.kept], place.conditions)

    def visit(self, env: Env) -> None:
        """Emit the instructions of one visit."""
        if self.opaque and not all(number(condition, env) for condition in self.opaque):
            return
        key = self.boxes.key(env)
        if key is not None:
            self.emit(key, env)

    def emit(self, key: Key, env: Env) -> None:
        """Emit the instructions of a visit with the boxes of `key`."""
        raise NotImplementedError

    def steps(self, place: Operand) -> list[int]:
        """The steps of an operand along the loops that are kept."""
        return [place.steps[n] for n in self.kept]

    def folds(self, key: Key, dst: list[int], src: list[int], wgt: list[int]) -> list[Fold]:
        """The instructions for the boxes of `key`: one for each box, or for several alike."""
        limits = self.emitter.limits
        extents = self.boxes.extents
        if key == self.boxes.full:
            return list(fold(list(zip(extents, dst, src, wgt, strict=True)), [(0, 0, 0)], limits))
        groups: dict[tuple[int, ...], list[tuple[int, int, int]]] = {}
        for box in self.boxes.boxes(key):
            starts = [low for low, _ in box.ranges]
            tap = (_dot(starts, dst), _dot(starts, src), _dot(starts, wgt))
            groups.setdefault(tuple(high - low + 1 for low, high in box.ranges), []).append(tap)
        result: list[Fold] = []
        for counts, taps in groups.items():
            result += fold(list(zip(counts, dst, src, wgt, strict=True)), taps, limits)
        return result


class GemmVisitor(Visitor):
    """Multiply and add."""

    def __init__(self, place: Site, places: tuple[Operand, Operand, Operand], emitter: Emitter):
        super().__init__(place, {v for p in places for v in p.lanes}, emitter)
        self.bases = [p.base for p in places]
        self.directions = [self.steps(p) for p in places]
        self.known: dict[Key, list[Fold]] = {}

    def emit(self, key: Key, env: Env) -> None:
        folds = self.known.get(key)
        if folds is None:
            folds = self.known[key] = self.folds(key, *self.directions)
        dst, src, wgt = (evaluate(base, env) for base in self.bases)
        for each in folds:
            self.emitter.gemm(each, dst, src, wgt)


@dataclass(slots=True)
class Action:
    """One pass of the ALU, or a reset, over a nest: with a constant, or with other sums."""

    op: AluOp | None
    operand: int | Operand
    known: dict[Key, list[Fold]]


class AluVisitor(Visitor):
    """Resets and ALU operations, each over the whole nest before the next."""

    def __init__(
        self,
        place: Site,
        target: Operand,
        steps: list[tuple[AluOp | None, int | Operand]],
        emitter: Emitter,
    ):
        super().__init__(place, set(target.lanes), emitter)
        self.base = target.base
        self.direction = self.steps(target)
        self.actions = [Action(op, operand, {}) for op, operand in steps]

    def emit(self, key: Key, env: Env) -> None:
        dst = evaluate(self.base, env)
        for action in self.actions:
            other = action.operand
            folds = action.known.get(key)
            if folds is None:
                source = self.direction if isinstance(other, int) else self.steps(other)
                source = source if action.op is not None else [0] * len(source)
                nothing = [0] * len(source)
                folds = action.known[key] = self.folds(key, self.direction, source, nothing)
            for each in folds:
                if action.op is None:
                    self.emitter.reset(each, dst)
                elif isinstance(other, int):
                    self.emitter.immediate(action.op, other, each, dst)
                else:
                    self.emitter.tensor(action.op, each, dst, evaluate(other.base, env))


@dataclass(frozen=True, slots=True)
class ZeroPage:
    """`room` zeros in a row at index `start` of DRAM, both counted in elements."""

    start: int
    room: int


class CopyVisitor(Visitor):
    """Loads, and stores where `memory` is OUT; without `dram`, loads of zeros alone."""

    def __init__(
        self,
        place: Site,
        chip: Operand,
        dram: Operand | None,
        memory: Memory,
        zeros: ZeroPage,
        emitter: Emitter,
    ):
        super().__init__(place, set(chip.lanes), emitter)
        self.chip, self.dram = chip.base, None if dram is None else dram.base
        self.memory, self.zeros = memory, zeros
        steps = self.steps(chip)
        outside = [0] * len(steps) if dram is None else self.steps(dram)
        self.lines = list(zip(self.boxes.extents, steps, outside, strict=True))
        self.known: dict[Key, list[Transfer]] = {}

    def emit(self, key: Key, env: Env) -> None:
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self._transfers(key)
        chip = evaluate(self.chip, env)
        dram = 0 if self.dram is None else evaluate(self.dram, env)
        for each in found:
            if self.memory is Memory.OUT:
                self.emitter.store(each, chip, dram)
            else:
                start = self.zeros.start if each.is_zero else dram
                self.emitter.load(self.memory, each, chip, start)

    def _transfers(self, key: Key) -> list[Transfer]:
        is_load = self.memory is not Memory.OUT
        found = []
        for box in self.boxes.boxes(key):
            box.blank = box.blank or self.dram is None
            found += transfers(self.lines, box, self.zeros.room, is_load=is_load)
        return found


def _dot(values: list[int], steps: list[int]) -> int:
    return sum(value * step for value, step in zip(values, steps, strict=True))
