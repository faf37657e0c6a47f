"""Makes checks of indices from data, which run before the first read.

An index that is computed from inputs and stages at the root is checked over its whole index space
before the nest that reads with it:

    least, most = 0, 0                              for i in range(n):
    for i in range(n):                                  B[i] = A[idx[i]]
        least = min(least, idx[i])
        most = max(most, idx[i])                ->
    if least < 0: faults[0] = least
    if most >= len(A): faults[0] = most
    if faults[0] == 0: ...the nest, and all after it

The computing loops do not change. An index that depends on values computed inside those loops is
checked there, and clamped in its read. For each check, the caller finds in `faults` an index that
was outside, or 0 if there was none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from autosched.analysis.equalities import equal_to
from autosched.analysis.inequalities import conjuncts
from autosched.ir.build import cast, const, eq, le, lt, maximum, minimum, zero
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Buffer, Cast, Const, Expr, Load, Var
from autosched.ir.rewrite import Memo, map_expr
from autosched.ir.stmt import Allocate, For, If, LoopKind, Stmt, Store, block
from autosched.ir.traverse import free_vars, walk
from autosched.lowering.data_indices import DataIndex, data_indices, unmarked
from autosched.lowering.exact import value_spans
from autosched.schedule.schedule import Schedule
from autosched.schedule.state import At, StageState
from autosched.te.bounds import Inside, OutOfRange, check_option
from autosched.te.tensor import ComputeOp, Operation, TensorRead

ZERO = const(0)


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """A check that `index` is within the extent of `mark` if `condition` holds."""

    number: int
    mark: Inside
    index: Expr
    condition: Expr


@dataclass(eq=False)
class Checks:
    """The checks of a schedule, which run `before` the nests of stages or `inside` them."""

    before: dict[StageState, list[Check]] = field(default_factory=dict)
    inside: dict[StageState, list[Check]] = field(default_factory=dict)
    all: list[Check] = field(default_factory=list)

    @cached_property
    def faults(self) -> Buffer:
        """The buffer of faults, one element for each check, by its number."""
        return Buffer("faults", (const(len(self.all)),), INDEX)

    def add(self, stage: StageState, index: DataIndex, memo: Memo, inside: bool) -> None:
        """Check `index` of `stage`; `memo` maps it and its condition to rewritten expressions."""
        mark = index.mark
        value, condition = (map_expr(e, None, memo) for e in (mark.index, index.condition))
        check = Check(len(self.all), mark, value, condition)
        (self.inside if inside else self.before).setdefault(stage, []).append(check)
        self.all.append(check)

    def cleared(self) -> Iterator[Stmt]:
        """Yield the statements that clear the faults."""
        for check in self.all:
            yield Store(self.faults, (const(check.number),), ZERO)

    def passed(self, check: Check) -> Expr:
        """Return the condition that the check found nothing."""
        return eq(Load(self.faults, (const(check.number),), INDEX), ZERO)


def nest(
    faults: Buffer,
    check: Check,
    loops: Sequence[tuple[Var, Expr, Expr]],
    index: Expr,
    conditions: Sequence[Expr],
) -> Stmt:
    """Return the check of `index` under the conditions in loops of (variable, start, extent).

    Each of `conditions` guards the next. They and `index` use the variables of the loops.
    """
    value = index
    if type(index) is Cast and index.value.dtype.is_integer and index.value.dtype.bits < 64:
        value = index.value  # more lanes of a register
    least, most = (Buffer(name, (const(1),), value.dtype, "local") for name in ("least", "most"))
    first = (ZERO,)
    low, high = Load(least, first, value.dtype), Load(most, first, value.dtype)
    stmt = block(Store(least, first, minimum(low, value)), Store(most, first, maximum(high, value)))
    for condition in reversed(conditions):
        stmt = stmt if type(condition) is Const else If(condition, stmt)
    for var, start, extent in reversed(_named_last(loops, index, conditions)):
        stmt = For(var, start, extent, LoopKind.SERIAL, stmt)
    slot = (const(check.number),)
    lowest, highest = cast(low, INDEX), cast(high, INDEX)
    stmt = block(
        Store(least, first, zero(value.dtype)),
        Store(most, first, zero(value.dtype)),
        stmt,
        If(lt(lowest, ZERO), Store(faults, slot, lowest)),
        If(le(check.mark.extent, highest), Store(faults, slot, highest)),
    )
    return Allocate(least, Allocate(most, stmt))


def _named_last(
    loops: Sequence[tuple[Var, Expr, Expr]], index: Expr, conditions: Sequence[Expr]
) -> list[tuple[Var, Expr, Expr]]:
    """Return the loops with those inside of the others of whose points data names the only one."""
    used = free_vars(index)
    parts = [part for condition in conditions for part in conjuncts(condition)]

    def is_named(loop: tuple[Var, Expr, Expr]) -> bool:
        return loop[0] not in used and any(equal_to(part, loop[0]) is not None for part in parts)

    is_square = all(free_vars(each).isdisjoint(var for var, _, _ in loops)
                    for _, *bounds in loops for each in bounds)  # fmt: skip
    return sorted(loops, key=is_named) if is_square else list(loops)


def within_bounds(
    schedule: Schedule, ops: dict[StageState, Operation], bounds: OutOfRange
) -> tuple[dict[StageState, Operation], Checks]:
    """Return the operations, with some indices clamped, and the checks that they need.

    There are no checks if every index is proved to be inside, clamped or trusted.
    """
    check_option(bounds)
    if not schedule.gathers:
        return ops, Checks()
    spans = {} if bounds == "trust" else value_spans(ops.values())
    result = dict(ops)
    checks = Checks()
    for stage, op in ops.items():
        if isinstance(op, ComputeOp):
            indices = [] if bounds == "trust" else data_indices(op, spans)
            inner = [i for i in indices if bounds == "clamp" or _is_computed_inside(schedule, i)]
            memo: dict[Expr, Expr] = {}
            result[stage] = unmarked(op, {each.mark for each in inner}, memo)
            if bounds == "check":
                for each in _distinct(indices):
                    checks.add(stage, each, memo, inside=each in inner)
    return result, checks


def _is_computed_inside(schedule: Schedule, index: DataIndex) -> bool:
    """Tell whether the index depends on a stage that is computed in the loops of another."""
    return any(
        type(node) is TensorRead
        and (node.tensor in schedule.scans or type(schedule[node.tensor].attachment) is At)
        for expr in (index.mark.index, index.condition)
        for node in walk(expr)
    )


def _distinct(indices: Sequence[DataIndex]) -> list[DataIndex]:
    kept: list[DataIndex] = []
    for each in indices:
        if not any(each.says_the_same(other) for other in kept):
            kept.append(each)
    return kept
