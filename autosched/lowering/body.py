"""Makes the innermost statements of a stage's loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autosched.analysis.simplify import prove, simplify
from autosched.errors import LoweringError
from autosched.ir.build import and_, const, le, lt, select, sub, zero
from autosched.ir.expr import Buffer, Const, Expr, Load, Var
from autosched.ir.rewrite import map_expr, substitute
from autosched.ir.stmt import Allocate, If, Stmt, Store, block
from autosched.lowering.plan import Placement, Plan, Ranges
from autosched.te.axis import Axis
from autosched.te.combining import combining_operator
from autosched.te.tensor import Reduce, ScanOp, Tensor, TensorRead


class Bodies:
    """Makes the update and the initialisation of a planned stage."""

    def __init__(self, plan: Plan, placements: dict[Tensor, Placement], ranges: Ranges):
        self.plan = plan
        self.placements = placements
        self.ranges = ranges
        self._places: dict[tuple[Expr, Expr], Expr] = {}
        point = [plan.values[axis] for axis in plan.op.axis]
        self.is_scan = isinstance(plan.stage.op, ScanOp)
        self.indices = (
            [] if self.is_scan else [self.located(place, point) for place in plan.placements]
        )

    def buffer_of(self, tensor: Tensor) -> Buffer | None:
        """Return the buffer of `tensor`, as written or as rewritten; None if it is inlined."""
        placement = self.placements.get(self.plan.stage.schedule.current(tensor))
        return None if placement is None else placement.buffer

    def update(self) -> Stmt:
        """Store the values of all outputs at one point, or combine a point into a reduction."""
        if self.is_scan:
            return block()  # the updates, which are computed in its loop, store its rows
        reduction = self.plan.reduction
        if reduction is None:
            values = [self.lowered(body) for body in self.plan.op.bodies]
            return block(*map(self._store, range(len(values)), values))
        combiner = reduction.combiner
        sources = [self.lowered(source) for source in reduction.sources]
        condition = self.lowered(reduction.condition)
        if type(condition) is not Const and combining_operator(self.plan.op) is not None:
            # A Select instead of a branch keeps vectors whole, and their sums in registers.
            neutral = self.lowered(combiner.identities[0])
            sources, condition = [select(condition, sources[0], neutral)], const(True)
        targets = [self._target(number) for number in range(len(sources))]
        operands = dict(zip(combiner.left, targets, strict=True))
        operands |= dict(zip(combiner.right, sources, strict=True))
        values = [substitute(self.lowered(result), operands) for result in combiner.results]
        stmt = self._store_together(values)
        return stmt if type(condition) is Const and condition.value else If(condition, stmt)

    def init(self, renamed: dict[Var, Var]) -> Stmt:
        """Store the identity of the reduction, with the loop variables `renamed`."""
        reduction = self.plan.reduction
        assert reduction is not None
        identities = reduction.initial or reduction.combiner.identities
        stores = []
        for number, identity in enumerate(identities):
            value = substitute(self.lowered(identity), renamed)
            indices = tuple(substitute(index, renamed) for index in self.indices[number])
            stores.append(Store(self.plan.buffers[number], indices, value))
        return block(*stores)

    def _store_together(self, values: list[Expr]) -> Stmt:
        """Store the values of a reduction of tuples: all are computed before any is stored."""
        if len(values) == 1:
            return self._store(0, values[0])
        slots = [
            Buffer(f"{self.plan.stage.name}_next{n}", (const(1),), value.dtype, "local")
            for n, value in enumerate(values)
        ]
        first = (const(0),)
        stmt = block(
            *(Store(slot, first, value) for slot, value in zip(slots, values, strict=True)),
            *(self._store(n, Load(slot, first, slot.dtype)) for n, slot in enumerate(slots)),
        )
        for slot in reversed(slots):
            stmt = Allocate(slot, stmt)
        return stmt

    def _store(self, number: int, value: Expr) -> Stmt:
        return Store(self.plan.buffers[number], self.indices[number], value)

    def _target(self, number: int) -> Expr:
        buffer = self.plan.buffers[number]
        return Load(buffer, self.indices[number], buffer.dtype)

    def lowered(self, expr: Expr, values: Mapping[Axis, Expr] | None = None) -> Expr:
        """Return `expr` over loop variables and buffers instead of axes and tensors.

        `values` are the values of the axes, by default those of the plan.
        """
        known = self.plan.values if values is None else values
        return map_expr(expr, self._read, dict(known.items()))

    def _read(self, node: Expr) -> Expr:
        if type(node) is Reduce:
            raise LoweringError(
                f"expected a reduction only at the top of {self.plan.stage.name}, got {node}"
            )
        if type(node) is not TensorRead:
            return node
        placement = self.placements[node.tensor]
        indices = self.located(placement, node.indices)
        load = Load(placement.buffer, indices, placement.buffer.dtype)
        return self._inside(load) if self.plan.padded else load

    def located(self, placement: Placement, indices: Sequence[Expr]) -> tuple[Expr, ...]:
        """Return the index into the buffer of an element; equal parts of several are one node."""
        places, found = self._places, []
        for dimension in placement.order:
            key = indices[dimension], placement.origins[dimension]
            if key not in places:
                places[key] = simplify(sub(*key), self.ranges.bounds)
            found.append(places[key])
        return tuple(found)

    def _inside(self, load: Load) -> Expr:
        """Return `load`, or zero if a point past the end of the tensor would read outside."""
        conditions = []
        for index, extent in zip(load.indices, load.buffer.shape, strict=True):
            for condition in (le(const(0), index), lt(index, extent)):
                if prove(condition, self.ranges.bounds) is not True:
                    conditions.append(simplify(condition, self.ranges.bounds))
        if not conditions:
            return load
        return select(and_(*conditions), load, zero(load.dtype))
