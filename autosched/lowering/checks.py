"""Checks of the indices from data: before anything is read at one, all are looked at.

An index that is computed of inputs and of stages at the root is checked over the whole
index space, before the nest that reads at it:

    least, most = 0, 0                              for i in range(n):
    for i in range(n):                                  B[i] = A[idx[i]]
        least = min(least, idx[i])
        most = max(most, idx[i])                ->
    if least < 0: faults[0] = least
    if most >= len(A): faults[0] = most
    if faults[0] == 0: ...the nest, and all after it

The loops that do the work stay as they are. An index that depends on what is computed
inside of those loops is checked there, and clamped where it is read. The caller finds in
`faults` an index that was outside, or 0 for each check that found none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from autosched.ir.buffer import Buffer
from autosched.ir.build import cast, const, eq, le, lt, maximum, minimum, zero
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Cast, Const, Expr, Load, Var
from autosched.ir.stmt import Allocate, For, If, LoopKind, Stmt, Store, block
from autosched.ir.visitor import map_expr, walk
from autosched.lowering.data_indices import DataIndex, clamped, data_indices, gathers
from autosched.lowering.value_spans import value_spans
from autosched.schedule.relations import At
from autosched.schedule.schedule import Schedule
from autosched.schedule.stage import Stage
from autosched.te.bounds import OutOfRange, check_option
from autosched.te.operation import ComputeOp, Operation, TensorRead
from autosched.te.tensor import Tensor

ZERO = const(0)


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """`index` must lie in dimension `dimension` of `tensor` wherever `condition` holds."""

    number: int
    tensor: Tensor
    dimension: int
    index: Expr
    condition: Expr

    @property
    def extent(self) -> Expr:
        return self.tensor.shape[self.dimension]


@dataclass(slots=True, eq=False)
class Checks:
    """The checks of a schedule: `before` the nests of its stages, and `inside` of them."""

    before: dict[Stage, list[Check]] = field(default_factory=dict)
    inside: dict[Stage, list[Check]] = field(default_factory=dict)
    faults: Buffer = field(init=False)

    def __post_init__(self) -> None:
        self.faults = Buffer("faults", (const(len(self.all)),), INDEX)

    @property
    def all(self) -> list[Check]:
        """Every check, in the order of the numbers."""
        found = [check for each in (self.before, self.inside) for c in each.values() for check in c]
        return sorted(found, key=lambda check: check.number)

    def cleared(self) -> Iterator[Stmt]:
        """The statements that say that nothing was found yet."""
        for check in self.all:
            yield Store(self.faults, (const(check.number),), ZERO)

    def passed(self, check: Check) -> Expr:
        """Whether the check found nothing."""
        return eq(Load(self.faults, (const(check.number),), INDEX), ZERO)


def nest(
    faults: Buffer,
    check: Check,
    loops: Sequence[tuple[Var, Expr, Expr]],
    index: Expr,
    conditions: Sequence[Expr],
) -> Stmt:
    """Look at `index` at every point of the loops (variable, start, extent) that counts.

    `index` and `conditions`, each of which guards the next, are over the loops' variables.
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
    for var, start, extent in reversed(loops):
        stmt = For(var, start, extent, LoopKind.SERIAL, stmt)
    slot = (const(check.number),)
    lowest, highest = cast(low, INDEX), cast(high, INDEX)
    stmt = block(
        Store(least, first, zero(value.dtype)),
        Store(most, first, zero(value.dtype)),
        stmt,
        If(lt(lowest, ZERO), Store(faults, slot, lowest)),
        If(le(check.extent, highest), Store(faults, slot, highest)),
    )
    return Allocate(least, Allocate(most, stmt))


def within_bounds(
    schedule: Schedule, ops: dict[Stage, Operation], bounds: OutOfRange
) -> tuple[dict[Stage, Operation], Checks | None]:
    """The operations as they may read at indices from data, and what is checked for it.

    No checks, None, where every index is proved to be inside, clamped or trusted.
    """
    check_option(bounds)
    found = {} if bounds == "trust" else _unproved(ops)
    if not found:
        return ops, None
    ops = dict(ops)
    before: dict[Stage, list[Check]] = {}
    inside: dict[Stage, list[Check]] = {}
    count = 0
    for stage, indices in found.items():
        op = ops[stage]
        assert isinstance(op, ComputeOp)
        inner = [i for i in indices if bounds == "clamp" or _is_computed_inside(schedule, i)]
        memo: dict[int, Expr] = {}
        if inner:
            ops[stage] = clamped(op, inner, memo)
        if bounds == "clamp":
            continue
        for each in _distinct(indices):
            check = Check(
                count,
                each.read.tensor,
                each.dimension,
                map_expr(each.index, None, memo),
                map_expr(each.condition, None, memo),
            )
            (inside if each in inner else before).setdefault(stage, []).append(check)
            count += 1
    return ops, Checks(before, inside) if count else None


def _unproved(ops: Mapping[Stage, Operation]) -> dict[Stage, list[DataIndex]]:
    gathering = {
        stage: op for stage, op in ops.items() if isinstance(op, ComputeOp) and gathers(op)
    }
    if not gathering:
        return {}
    spans = value_spans(ops.values())
    found = {stage: data_indices(op, spans) for stage, op in gathering.items()}
    return {stage: indices for stage, indices in found.items() if indices}


def _is_computed_inside(schedule: Schedule, index: DataIndex) -> bool:
    """Whether the index depends on a stage that is computed in the loops of another."""
    return any(
        type(node) is TensorRead and type(schedule[node.tensor].attachment) is At
        for expr in (index.index, index.condition)
        for node in walk(expr)
    )


def _distinct(indices: Sequence[DataIndex]) -> list[DataIndex]:
    kept: list[DataIndex] = []
    for each in indices:
        if not any(each.says_the_same(other) for other in kept):
            kept.append(each)
    return kept
