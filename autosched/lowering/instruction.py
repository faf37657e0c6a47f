"""Puts the statements of a tensor intrinsic in the place of the loops that compute the same."""

from __future__ import annotations

from collections.abc import Mapping

from autosched.analysis.simplify import prove, simplify
from autosched.errors import LoweringError
from autosched.ir.build import add, const, eq, floormod, mul, strides_of
from autosched.ir.expr import Address, Buffer, Const, Expr, Load, Ramp, Var
from autosched.ir.rewrite import StmtMutator, map_expr, substitute
from autosched.ir.stmt import CallExternal, IntrinsicCall, Stmt, Store
from autosched.ir.traverse import free_vars
from autosched.lowering.body import Bodies
from autosched.lowering.plan import Placement, Plan
from autosched.schedule.instruction import instruction_of
from autosched.schedule.matching import Mismatch, Region, matched
from autosched.te.tensor import Tensor
from autosched.te.tensor_intrinsic import TensorIntrinsic

ZERO = const(0)


class Instruction:
    """A tensor intrinsic that replaces the loops of a planned stage from `position` on."""

    def __init__(self, plan: Plan, bodies: Bodies, position: int, intrinsic: TensorIntrinsic):
        self.position = position
        self.has_reset = intrinsic.reset is not None
        self._intrinsic = intrinsic
        self._check_whole(plan)
        inner = plan.stage.leaves[position:]
        try:
            regions = matched(
                intrinsic,
                plan.op,
                plan.values,
                {plan.loops[axis]: plan.extents[axis] for axis in inner},
                dict(plan.loops),
                bodies.ranges.bounds,
            )
        except Mismatch as mismatch:
            raise LoweringError(
                f"expected the loops of {plan.stage.name} to compute what {intrinsic.name} does, "
                f"got {mismatch} where it is computed",
                hint="compute it where whole tiles are needed",
            ) from None
        self._bind = _Binding(intrinsic, regions, plan, bodies)

    def _check_whole(self, plan: Plan) -> None:
        """Raise LoweringError if the loops leave points out, or compute points past the end."""
        inner = {plan.loops[axis] for axis in plan.stage.leaves[self.position :]}
        partial = any(not inner.isdisjoint(free_vars(each.expr)) for each in plan.conditions)
        if partial or plan.padded:
            raise LoweringError(
                f"expected whole tiles of {plan.stage.name} for {self._intrinsic.name}, got a tile "
                "of which some points are left out",
                hint='split by a factor that divides the extent, or with tail="shift"',
            )

    def whole(self, definition: Stmt) -> Stmt:
        """Return the statement that computes what the loops `definition` do."""
        return self._call(self._intrinsic.body, definition)

    def update(self, definition: Stmt) -> Stmt:
        """Return the statement that combines the points of the loops into what is there."""
        return self._call(self._intrinsic.update, definition)

    def reset(self, definition: Stmt, renamed: Mapping[Var, Expr]) -> Stmt:
        """Return the statement that stores what a reduction starts with."""
        return substitute(self._call(self._intrinsic.reset, definition), renamed)

    def _call(self, body: Stmt | None, definition: Stmt) -> Stmt:
        assert body is not None, "the schedule has been checked"
        return IntrinsicCall(self._intrinsic.name, definition, self._bind.stmt(body))


def instruction(plan: Plan, bodies: Bodies) -> Instruction | None:
    """Return the tensor intrinsic of a stage, or None. Raises LoweringError if it does not fit."""
    found = instruction_of(plan.stage)
    if found is None:
        return None
    axis, intrinsic = found
    return Instruction(plan, bodies, plan.stage.position_of(axis), intrinsic)


class _Binding(StmtMutator):
    """Puts the places that the buffers of an intrinsic stand for into its statements."""

    def __init__(
        self,
        intrinsic: TensorIntrinsic,
        regions: Mapping[Tensor, Region],
        plan: Plan,
        bodies: Bodies,
    ):
        self._bounds = bodies.ranges.bounds
        self._name = intrinsic.name
        outputs = dict(zip(plan.op.outputs, plan.placements, strict=True))
        self._places: dict[Buffer, _Place] = {}
        self._values: dict[Var, Expr] = dict(plan.loops.items())
        for tensor, buffer in intrinsic.buffers.items():
            region = regions[tensor]
            placement = outputs.get(region.tensor) or bodies.placements[region.tensor]
            place = _Place(region, placement, bodies)
            self._places[buffer] = place
            self._take_strides(buffer, place)
            self._check_alignment(buffer, place, intrinsic.alignments.get(tensor, 1))

    def _take_strides(self, buffer: Buffer, place: _Place) -> None:
        """Give a value to the strides that are variables. Raises LoweringError if others differ."""
        wanted = strides_of(buffer)
        for extent, stride, given in zip(buffer.shape, wanted, place.strides, strict=True):
            if isinstance(stride, Var) and stride not in self._values:
                self._values[stride] = given
            elif not (type(extent) is Const and extent.value == 1):
                expected = substitute(stride, self._values)
                if prove(eq(expected, given), self._bounds) is not True:
                    raise LoweringError(
                        f"expected the stride {expected} of {buffer.name} for {self._name}, got "
                        f"{given} in {place.buffer.name}",
                        hint="declare its buffer with a variable as the stride",
                    )

    def _check_alignment(self, buffer: Buffer, place: _Place, factor: int) -> None:
        offset: Expr = ZERO
        for index, stride in zip(place.first, strides_of(place.buffer), strict=True):
            offset = add(offset, mul(index, stride))
        if factor > 1 and prove(eq(floormod(offset, factor), ZERO), self._bounds) is not True:
            raise LoweringError(
                f"expected an offset of {buffer.name} for {self._name} that {factor} divides, got "
                f"{simplify(offset, self._bounds)} in {place.buffer.name}",
                hint="declare its buffer with offset_factor=1 if any offset is right",
            )

    def expr(self, expr: Expr) -> Expr:
        return map_expr(expr, self._moved, dict(self._values.items()))

    def _moved(self, node: Expr) -> Expr:
        if type(node) is Load and node.buffer in self._places:
            place = self._places[node.buffer]
            return Load(place.buffer, place.at(node.indices), node.dtype, node.mask)
        return node

    def visit_store(self, stmt: Store) -> Stmt:
        place = self._places.get(stmt.buffer)
        if place is None:
            return super().visit_store(stmt)
        indices = place.at(tuple(map(self.expr, stmt.indices)))
        mask = None if stmt.mask is None else self.expr(stmt.mask)
        return Store(place.buffer, indices, self.expr(stmt.value), mask)

    def visit_call_external(self, stmt: CallExternal) -> Stmt:
        args = tuple(map(self._argument, stmt.args))
        return CallExternal(stmt.function, args, stmt.language, stmt.result)

    def _argument(self, arg: Buffer | Expr) -> Buffer | Expr:
        if isinstance(arg, Expr):
            return self.expr(arg)
        place = self._places.get(arg)
        if place is None:
            return arg
        return Address(place.buffer, place.first, arg.shape, place.strides)


class _Place:
    """A region of a tensor in the buffer that stores it."""

    def __init__(self, region: Region, placement: Placement, bodies: Bodies):
        self.buffer = placement.buffer
        self.first = bodies.located(placement, region.first)
        order = [None if dim is None else placement.order.index(dim) for dim in region.dims]
        strides = strides_of(self.buffer)
        self.strides = tuple(const(1) if dim is None else strides[dim] for dim in order)
        self._order = order

    def at(self, indices: tuple[Expr, ...]) -> tuple[Expr, ...]:
        """Return the index in the buffer of an element of the region."""
        found = list(self.first)
        for dim, index in zip(self._order, indices, strict=True):
            if dim is None:
                continue
            if type(index) is Ramp:
                found[dim] = Ramp(add(found[dim], index.base), index.stride, index.dtype)
            else:
                found[dim] = add(found[dim], index)
        return tuple(found)
