"""Matches the loops of a stage to what a tensor intrinsic computes.

The loops compute the same if they run over the points of the intrinsic's axes, and if the bodies
of both are the same operations on the same elements:

    for y in range(64):                         c[i] = sum(a[k] * b[i, k])     i in 0..16
        for j in range(16):                ~
            for k in range(8):                  c is C[x, y*16 :], a is A[x, :], b is B[y*16 :, :]
                C[x, y*16 + j] += A[x, k] * B[y*16 + j, k]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import prod

from autosched.analysis.bounds import Bounds
from autosched.analysis.simplify import interval, prove, simplify
from autosched.ir.build import add, const, eq, sub
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Binary, Const, Expr, Var
from autosched.ir.node_types import NODE_TYPES
from autosched.ir.rewrite import substitute
from autosched.ir.structure import equal
from autosched.ir.traverse import children, free_vars
from autosched.ir.update import NEUTRAL
from autosched.te.axis import Axis
from autosched.te.bounds import reads_data
from autosched.te.combining import operator_of
from autosched.te.tensor import Combiner, ComputeOp, Reduce, Tensor, TensorRead
from autosched.te.tensor_intrinsic import TensorIntrinsic

ZERO = const(0)


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """The part of `tensor` that a tensor of an intrinsic stands for: it starts at `first`.

    `dims` are the dimensions of `tensor` for those of the intrinsic's; None for one of extent 1
    that `tensor` lacks.
    """

    tensor: Tensor
    first: tuple[Expr, ...]
    dims: tuple[int | None, ...]


Regions = dict[Tensor, Region]


class Mismatch(Exception):
    """Raised where the loops do not compute what the intrinsic does, with what was found."""


def matched(
    intrinsic: TensorIntrinsic,
    op: ComputeOp,
    values: Mapping[Axis, Expr],
    inner: Mapping[Var, Expr],
    loops: Mapping[Axis, Expr],
    bounds: Bounds,
) -> Regions:
    """Return the region of each tensor of the intrinsic. Raises Mismatch.

    `values` are those of the axes of `op` in terms of the loops, of which `inner`, with their
    extents, are tensorized; `loops` are the variables of the loops of the stage, which the
    intrinsic may name.
    """
    points = prod(int(extent.value) if type(extent) is Const else -1 for extent in inner.values())
    if points != prod(intrinsic.shape):
        extents = ", ".join(map(str, inner.values()))
        raise Mismatch(f"loops of the extents ({extents}) for the points of {intrinsic.shape}")
    return _Matching(intrinsic, op, values, inner, loops, bounds).regions()


class _Matching:
    def __init__(
        self,
        intrinsic: TensorIntrinsic,
        op: ComputeOp,
        values: Mapping[Axis, Expr],
        inner: Iterable[Var],
        loops: Mapping[Axis, Expr],
        bounds: Bounds,
    ):
        self.intrinsic = intrinsic
        self.op = op
        self.inner = set(inner)
        self.bounds = bounds
        self.at_start: dict[Var, Expr] = dict.fromkeys(self.inner, ZERO)
        self.values = dict(values)
        self.paired: dict[Axis, Axis | None] = {}
        """The axis of the operation for each of the intrinsic's; None for one of extent 1."""
        self._pair(intrinsic.op.axis, op.axis, "data")
        self._pair(intrinsic.op.reduce_axis, op.reduce_axis, "reduce")
        self.points: dict[Axis, Expr] = dict(loops)
        """The values of the intrinsic's axes in terms of the loops."""
        for theirs, ours in self.paired.items():
            offset = ZERO if ours is None else self._offset(self.values[ours])
            self.points[theirs] = add(theirs.start, offset)

    def regions(self) -> Regions:
        theirs, ours = self.intrinsic.op, self.op
        if len(theirs.bodies) != len(ours.bodies):
            raise Mismatch(f"{len(ours.bodies)} values at each point")
        regions: Regions = {}
        for mine, wanted in zip(ours.bodies, theirs.bodies, strict=True):
            pairs = _operands(mine, wanted)
            if pairs is None:
                raise Mismatch(str(mine))
            for one, other in pairs:
                here = substitute(one, self.values), substitute(other, self.points)
                found = self._same(*here, regions)
                if found is None:
                    raise Mismatch(str(mine))
                regions = found
        numbers = {axis: number for number, axis in enumerate(ours.axis)}
        first = tuple(self._start(self.values[axis]) for axis in ours.axis)
        paired = (self.paired[axis] for axis in theirs.axis)
        dims = tuple(None if axis is None else numbers[axis] for axis in paired)
        for output, tensor in zip(theirs.outputs, ours.outputs, strict=True):
            regions[output] = Region(tensor, first, dims)
        return regions

    def _start(self, value: Expr) -> Expr:
        """Return `value` at the first point of the inner loops."""
        return simplify(substitute(value, self.at_start), self.bounds)

    def _offset(self, value: Expr) -> Expr:
        return simplify(sub(value, self._start(value)), self.bounds)

    def _pair(self, theirs: Sequence[Axis], ours: Sequence[Axis], kind: str) -> None:
        """Pair the axes along which the inner loops run with those of the intrinsic, in order."""
        moving = [axis for axis in ours if not self.inner.isdisjoint(free_vars(self.values[axis]))]
        wanted = list(theirs)
        if len(wanted) > len(moving):
            wanted = [axis for axis in theirs if not _is_one(axis.extent)]
        if len(wanted) != len(moving):
            names = ", ".join(axis.name for axis in moving) or "none"
            raise Mismatch(f"loops over {names} of the {kind} axes instead of {len(wanted)}")
        self.paired |= dict.fromkeys(theirs)
        for axis, own in zip(wanted, moving, strict=True):
            span = interval(self._offset(self.values[own]), self.bounds)
            if span != (0, int(axis.extent) - 1):  # type: ignore[call-overload]
                last = "an unknown number of" if span[1] is None else span[1] + 1
                raise Mismatch(f"{last} points of {own.name} instead of {axis.extent}")
            self.paired[axis] = own

    def _same(self, ours: Expr, theirs: Expr, regions: Regions) -> Regions | None:
        """Return the regions with those of the reads in `theirs`; None if the two differ."""
        if type(theirs) is TensorRead:
            is_read = type(ours) is TensorRead and ours.dtype is theirs.dtype
            return self._placed(ours, theirs, regions) if is_read else None  # type: ignore[arg-type]
        if ours.dtype is not theirs.dtype:
            return None
        if not reads_data(theirs):
            return regions if self._equal(ours, theirs) else None
        if type(ours) is not type(theirs):
            return None
        about = NODE_TYPES[type(ours)]
        if about.attributes(ours) != about.attributes(theirs):
            return None
        found = self._all_same(children(ours), children(theirs), regions)
        if found is None and type(ours) in NEUTRAL and isinstance(ours, Binary):
            found = self._all_same((ours.b, ours.a), children(theirs), regions)
        return found

    def _all_same(
        self, ours: Sequence[Expr], theirs: Sequence[Expr], regions: Regions
    ) -> Regions | None:
        found: Regions | None = regions
        for one, other in zip(ours, theirs, strict=True):
            found = None if found is None else self._same(one, other, found)
        return found

    def _equal(self, ours: Expr, theirs: Expr) -> bool:
        if ours.dtype is INDEX:
            return prove(eq(ours, theirs), self.bounds) is True
        return equal(simplify(ours, self.bounds), simplify(theirs, self.bounds))

    def _placed(self, ours: TensorRead, theirs: TensorRead, regions: Regions) -> Regions | None:
        known = regions.get(theirs.tensor)
        if known is not None:
            again = known.tensor is ours.tensor and self._first(ours, theirs, known.dims)
            same = again and all(map(self._equal, again, known.first))
            return regions if same else None
        rank = len(theirs.indices)
        for dims in sorted(permutations(range(len(ours.indices)), rank), key=_preference):
            first = self._first(ours, theirs, dims)
            if first is not None:
                return {**regions, theirs.tensor: Region(ours.tensor, first, dims)}
        return None

    def _first(
        self, ours: TensorRead, theirs: TensorRead, dims: Sequence[int | None]
    ) -> tuple[Expr, ...] | None:
        """Return the index at which the intrinsic's tensor starts.

        None if it would move, and for an index from data.
        """
        if any(map(reads_data, (*ours.indices, *theirs.indices))):
            return None
        first = list(ours.indices)
        for dim, index in zip(dims, theirs.indices, strict=True):
            assert dim is not None, "a read has all of its dimensions"
            first[dim] = sub(first[dim], index)
        found = tuple(simplify(index, self.bounds) for index in first)
        moves = any(not self.inner.isdisjoint(free_vars(index)) for index in found)
        return None if moves else found


def _preference(dims: tuple[int, ...]) -> tuple[bool, list[int]]:
    """Sort dimensions in order before others, and the last ones first."""
    return list(dims) != sorted(dims), [-dim for dim in dims]


def _is_one(extent: Expr) -> bool:
    return type(extent) is Const and extent.value == 1


def _operands(ours: Expr, theirs: Expr) -> list[tuple[Expr, Expr]] | None:
    """Return the pairs of expressions that must be the same; None if the two combine otherwise."""
    if type(ours) is not Reduce or type(theirs) is not Reduce:
        return None if type(ours) is Reduce or type(theirs) is Reduce else [(ours, theirs)]
    if not _combine_alike(ours.combiner, theirs.combiner):
        return None
    if ours.value_index != theirs.value_index or len(ours.initial or ()) != len(
        theirs.initial or ()
    ):
        return None
    mine = (*ours.sources, ours.condition, *(ours.initial or ()))
    return list(
        zip(mine, (*theirs.sources, theirs.condition, *(theirs.initial or ())), strict=True)
    )


def _combine_alike(ours: Combiner, theirs: Combiner) -> bool:
    if len(ours.results) != len(theirs.results):
        return False
    same = zip(ours.identities, theirs.identities, strict=True)
    if not all(equal(one, other) for one, other in same):
        return False
    operator = operator_of(ours)
    if operator is not None and operator is operator_of(theirs):
        return True
    mine, others = (*ours.left, *ours.right), (*theirs.left, *theirs.right)
    if any(one.dtype is not other.dtype for one, other in zip(mine, others, strict=True)):
        return False
    renamed = dict(zip(others, mine, strict=True))
    pairs = zip(ours.results, theirs.results, strict=True)
    return all(equal(one, substitute(other, renamed)) for one, other in pairs)
