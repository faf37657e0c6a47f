"""Builds the statement that computes a stage, with the stages attached to its loops."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from autosched.ir.build import and_
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Buffer, Const, Expr, Var
from autosched.ir.pragma import LoopPragma, Partitioned, Prefetched
from autosched.ir.rewrite import substitute
from autosched.ir.stmt import Allocate, For, If, LoopKind, Stmt, block
from autosched.ir.traverse import free_vars, walk
from autosched.lowering.body import Bodies
from autosched.lowering.checks import Check, Checks, nest
from autosched.lowering.instruction import Instruction, instruction
from autosched.lowering.plan import Condition, Plan, is_one
from autosched.schedule.instruction import is_intrinsic
from autosched.schedule.relations import carried, splits
from autosched.schedule.state import At
from autosched.te.axis import Axis, AxisKind
from autosched.te.tensor import TensorRead


@dataclass(slots=True)
class Attached:
    """The statements at the top of a loop's body, and the buffers they fill."""

    stmts: list[Stmt] = field(default_factory=list)
    buffers: list[Buffer] = field(default_factory=list)


class NestBuilder:
    """Builds the loops of one stage around its statements, outermost loop last."""

    def __init__(self, plan: Plan, bodies: Bodies, attached: dict[Axis, Attached], checks: Checks):
        self.plan = plan
        self.leaves = plan.stage.leaves
        self.bodies = bodies
        self.attached = attached
        self.reduce_start = self._first_reduce()
        self.conditions = self._by_depth(plan.conditions, list(plan.loops.values()))
        self.partitioned = _partitioned_axes(plan)
        self.checks = checks
        self.instruction = instruction(plan, bodies)
        self.inner_checks = [(_check_depth(plan, c), c) for c in checks.inside.get(plan.stage, ())]

    def build(self) -> Stmt:
        stmt = self.bodies.update()
        for depth in range(len(self.leaves), -1, -1):
            if depth < len(self.leaves):
                stmt = self._loop(self.leaves[depth], self.plan.loops[self.leaves[depth]], stmt)
            if depth == self.reduce_start:
                stmt = block(self._init(depth), stmt)
            if self.inner_checks:
                stmt = block(
                    *(self._check(c, at) for at, c in self.inner_checks if at == depth), stmt
                )
            if self.instruction is not None and depth == self.instruction.position:
                stmt = self._by_instruction(self.instruction, stmt)
            if depth:
                stmt = self._attach(self.leaves[depth - 1], stmt)
            stmt = _guarded(self.conditions[depth], stmt)
        return stmt

    def _by_instruction(self, instruction: Instruction, stmt: Stmt) -> Stmt:
        """Return the instruction for loops that compute all of a point, or update it."""
        is_part = self.reduce_start is not None and self.reduce_start < instruction.position
        return instruction.update(stmt) if is_part else instruction.whole(stmt)

    def _first_reduce(self) -> int | None:
        """Return the number of loops around the initialisation; None if nothing is reduced."""
        if self.plan.reduction is None:
            return None
        for position, axis in enumerate(self.leaves):
            if axis.kind is AxisKind.REDUCE:
                return position
        return len(self.leaves)

    def _by_depth(self, conditions: list[Condition], loops: list[Var]) -> list[list[Expr]]:
        """Group the conditions by the number of loops that bind their variables.

        Those on terms of a reduction are inside of a loop over these, even where they depend on
        none, so that elements without terms are initialised.
        """
        depths: list[list[Expr]] = [[] for _ in range(len(loops) + 1)]
        position = {var: depth for depth, var in enumerate(loops, 1)}
        reduce_axes = set(self.plan.op.reduce_axis)
        for condition in conditions:
            depth = max((position.get(var, 0) for var in free_vars(condition.expr)), default=0)
            if self.reduce_start is not None and condition.roots & reduce_axes:
                depth = max(depth, self.reduce_start + 1)
            depths[depth].append(condition.expr)
        return depths

    def _init(self, depth: int) -> Stmt:
        """Store the identity over the data axes whose loops are inside `depth` loops."""
        data = [axis for axis in self.leaves[depth:] if axis.kind is not AxisKind.REDUCE]
        fresh = {self.plan.loops[axis]: Var(axis.name, INDEX) for axis in data}
        reduce_axes = set(self.plan.op.reduce_axis)
        about_data = [c for c in self.plan.conditions if not c.roots & reduce_axes]
        conditions = self._by_depth(about_data, [self.plan.loops[axis] for axis in data])
        outer = {id(expr) for exprs in self.conditions[: depth + 1] for expr in exprs}
        stmt = self.bodies.init(fresh)
        resets = self._reset_position(depth, data)
        for position in range(len(data), -1, -1):
            if position < len(data):
                axis = data[position]
                stmt = self._loop(axis, fresh[self.plan.loops[axis]], stmt)
            if self.instruction is not None and position == resets:
                stmt = self.instruction.reset(stmt, fresh)
            here = [substitute(c, fresh) for c in conditions[position] if id(c) not in outer]
            stmt = _guarded(here, stmt)
        return stmt

    def _reset_position(self, depth: int, data: list[Axis]) -> int | None:
        """Return the number of loops around a reset by an instruction; None if there is none."""
        made = self.instruction
        if made is None or not made.has_reset or depth >= made.position:
            return None
        return sum(self.plan.stage.position_of(axis) < made.position for axis in data)

    def _check(self, check: Check, depth: int) -> Stmt:
        """Check the indices of all iterations inside of `depth` loops."""
        index, condition = self.bodies.lowered(check.index), self.bodies.lowered(check.condition)
        inner = {self.plan.loops[axis]: axis for axis in self.leaves[depth:]}
        deeper = [expr for exprs in self.conditions[depth + 1 :] for expr in exprs]
        running = {var for expr in (index, condition) for var in free_vars(expr) if var in inner}
        while True:
            guards = [expr for expr in deeper if not running.isdisjoint(free_vars(expr))]
            more = {var for expr in guards for var in free_vars(expr) if var in inner}
            if more <= running:
                break
            running |= more
        fresh = {var: Var(var.name, INDEX) for var in inner if var in running}
        return nest(
            self.checks.faults,
            check,
            [(fresh[var], Const(0, INDEX), self.plan.extents[inner[var]]) for var in fresh],
            substitute(index, fresh),
            [substitute(expr, fresh) for expr in (*guards, condition)],
        )

    def _loop(self, axis: Axis, var: Var, body: Stmt) -> Stmt:
        extent = self.plan.extents[axis]
        given = self.plan.stage.pragmas.get(axis, ())
        pragmas = tuple(self._pragma(each) for each in given if not is_intrinsic(each))
        if is_one(extent) and not pragmas:
            return body
        kind = self.plan.stage.kinds.get(axis, LoopKind.SERIAL)
        if axis in self.partitioned:
            pragmas += (Partitioned(),)
        return For(var, Const(0, INDEX), extent, kind, body, pragmas)

    def _pragma(self, pragma: LoopPragma) -> LoopPragma:
        """Return the pragma with buffers in place of its tensors."""
        if type(pragma) is not Prefetched:
            return pragma
        buffers = (
            replace(ahead, source=buffer)
            for ahead in pragma.value
            if (buffer := self.bodies.buffer_of(ahead.source)) is not None
        )
        return Prefetched(tuple(buffers))

    def _attach(self, axis: Axis, stmt: Stmt) -> Stmt:
        here = self.attached.get(axis)
        if here is None:
            return stmt
        stmt = block(*here.stmts, stmt)
        for buffer in reversed(here.buffers):
            stmt = Allocate(buffer, stmt)
        return stmt


def _check_depth(plan: Plan, check: Check) -> int:
    """Return the number of loops around the stages from which the index is computed."""
    stage, depth = plan.stage, 0
    for expr in (check.index, check.condition):
        for node in walk(expr):
            if type(node) is TensorRead:
                attachment = stage.schedule[node.tensor].attachment
                if type(attachment) is At and attachment.stage is stage:
                    depth = max(depth, stage.position_of(attachment.axis) + 1)
    return depth


def _partitioned_axes(plan: Plan) -> set[Axis]:
    """Return the axes with the tile number of a split whose tail has code of its own.

    Tiles of one point have no tail.
    """
    relations = plan.stage.relations
    apart = [split for split in splits(relations) if split.tail.has_own_code]
    tiled = [split.outer for split in apart if not is_one(plan.extents[split.inner])]
    return set(carried(relations, tiled)) if tiled else set()


def _guarded(conditions: list[Expr], stmt: Stmt) -> Stmt:
    return If(and_(*conditions), stmt) if conditions else stmt
