"""Evaluates one operation over its whole index space, block by block."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from autosched.errors import ExpressionError
from autosched.ir import expr as e
from autosched.ir.dtype import DType
from autosched.ir.rewrite import substitute
from autosched.ir.rounding import round_to
from autosched.ir.traverse import free_vars, postorder
from autosched.te.arrays import Array, ArrayCombiner, Values, evaluate_nodes, outside
from autosched.te.combining import operator_of
from autosched.te.contract import contract, factors, merged
from autosched.te.tensor import ComputeOp, Reduce, Tensor

_POINTS = 1 << 24
"""The maximum total number of elements of the arrays of one block."""

Sizes = Mapping[e.Var, int]
Done = dict[e.Expr, Values]
Block = tuple[tuple[int, int], ...]
"""The first point (counted from 0) and the number of points along each axis."""


def size_value(extent: e.Expr, sizes: Sizes, name: str) -> int:
    """Return the extent as a number; `name` names its tensor or operation in the error.

    Raises ExpressionError if it has a size without a value in `sizes`.
    """
    value = substitute(extent, sizes)
    if isinstance(value, e.Const):
        return int(value.value)
    missing = ", ".join(var.name for var in free_vars(value))
    raise ExpressionError(f"expected a value for the size {missing} of {name}, got none")


class Computation:
    """The evaluation of `op`; its index space has the data axes, then the reduce axes.

    `tensors` has the arrays of the tensors it reads. With `wide`, floats are reduced in
    float64; with `clamp`, reads at indices from data give the nearest element. Only the row `row`
    of the results is computed if it is given.
    """

    def __init__(
        self,
        op: ComputeOp,
        sizes: Sizes,
        tensors: Mapping[Tensor, Array],
        wide: bool,
        clamp: bool = False,
        row: int | None = None,
    ):
        self._op = op
        self._sizes = {var: np.asarray(value, var.dtype.numpy) for var, value in sizes.items()}
        self._tensors = tensors
        self._wide = wide
        self._clamp = clamp
        self._axes = (*op.axis, *op.reduce_axis)
        self._starts = [size_value(axis.start, sizes, op.name) for axis in self._axes]
        self._extents = [size_value(axis.extent, sizes, op.name) for axis in self._axes]
        self._rank = len(op.axis)
        if row is not None:
            self._starts[0], self._extents[0] = row, 1
        if any(extent < 1 for extent in self._extents):
            raise ExpressionError(
                f"expected extents of at least 1 in {op.name}, got {self._extents}"
            )

    def results(self) -> dict[Tensor, Array]:
        """Return the array of every output, rounded to its dtype; it has the computed rows only."""
        body = self._op.bodies[0]
        arrays = self._reduction(body) if isinstance(body, Reduce) else self._plain()
        results = zip(self._op.outputs, arrays, strict=True)
        return {tensor: round_to(array, tensor.dtype) for tensor, array in results}

    def _plain(self) -> list[Array]:
        order = postorder(self._op.bodies)
        arrays = self._empty(wide=False)
        for block in self._blocks([range(self._rank)], len(order)):
            done = self._evaluated(order, block)
            for array, body in zip(arrays, self._op.bodies, strict=True):
                self._check(done[body].missing, block, done)
                array[self._place(block)] = done[body].array
        return arrays

    def _reduction(self, reduce: Reduce) -> list[Array]:
        product = self._sum_of_products(reduce)
        if product is not None:
            return [product]
        combiner = ArrayCombiner(reduce.combiner, self._wide)
        identities = reduce.combiner.identities
        start = reduce.initial or identities
        around = reduce.combiner.around
        order = postorder((*reduce.sources, reduce.condition, *start, *identities, *around))
        totals = self._empty(self._wide)
        for block in self._blocks([range(len(self._extents))], len(order)):
            done = self._evaluated(order, block)
            place = self._place(block)
            if self._is_first(block):
                self._assign(totals, start, done, block)
            sources = [
                self._source(source, identity, reduce.condition, done, block)
                for source, identity in zip(reduce.sources, identities, strict=True)
            ]
            known = {var: self._over_data(done[var].array) for var in around}
            parts = combiner.reduced(sources, known)
            new = combiner.combined([total[place] for total in totals], parts, known)
            for total, value in zip(totals, new, strict=True):
                total[place] = value
        return totals

    def _source(
        self, expr: e.Expr, identity: e.Expr, condition: e.Expr, done: Done, block: Block
    ) -> Array:
        """Return the values to reduce, with the reduce axes flattened into the last dimension."""
        source, holds = done[expr], done[condition].array
        self._check(done[condition].missing, block, done)
        self._check(None if source.missing is None else source.missing & holds, block, done)
        array = source.array if holds.all() else np.where(holds, source.array, done[identity].array)
        array = self._widened(array)
        shape = [count for _, count in block]
        return np.broadcast_to(array, shape).reshape(*shape[: self._rank], -1)

    def _sum_of_products(self, reduce: Reduce) -> Array | None:
        """Compute a sum of products by matrix products; return None if it is not one."""
        parts = factors(reduce.sources[0])
        certain = isinstance(reduce.condition, e.Const) and reduce.condition.value
        if (
            len(parts) < 2
            or not certain
            or operator_of(reduce.combiner) is not e.Add
            or not self._has_matmul(reduce.dtype)
        ):
            return None
        start = reduce.initial or reduce.combiner.identities
        order = postorder((*parts, *start))
        spans = [self._span(part) for part in parts]
        totals = self._empty(self._wide)
        for block in self._blocks(spans, 4):
            done = self._evaluated(order, block)
            if self._is_first(block):
                self._assign(totals, start, done, block)
            pair = merged([self._factor(part, done, block) for part in parts])
            shape = [count for _, count in block]
            value = None if pair is None else contract(*pair, self._rank, shape)
            if value is None:
                return None
            totals[0][self._place(block)] += value
        return totals[0]

    def _has_matmul(self, dtype: DType) -> bool:
        if dtype.is_float:
            return self._wide or dtype.name in ("float32", "float64")
        return dtype.is_integer

    def _factor(self, part: e.Expr, done: Done, block: Block) -> Array:
        self._check(done[part].missing, block, done)
        array = self._widened(done[part].array)
        return array if array.ndim else array.reshape((1,) * len(block))

    def _widened(self, array: Array) -> Array:
        return array.astype(np.float64) if self._wide and array.dtype.kind == "f" else array

    def _span(self, expr: e.Expr) -> list[int]:
        used = free_vars(expr)
        return [place for place, axis in enumerate(self._axes) if axis in used]

    def _assign(
        self, totals: list[Array], start: Sequence[e.Expr], done: Done, block: Block
    ) -> None:
        # Starting values may depend on data axes; along reduce axes they have extent 1.
        for total, expr in zip(totals, start, strict=True):
            self._check(done[expr].missing, block, done)
            total[self._place(block)] = self._over_data(done[expr].array)

    def _over_data(self, array: Array) -> Array:
        """Return an array that is the same along the reduce axes without these dimensions."""
        return array.reshape(array.shape[: self._rank]) if array.ndim else array

    def _empty(self, wide: bool) -> list[Array]:
        shape = self._extents[: self._rank]
        return [np.empty(shape, working(tensor.dtype, wide)) for tensor in self._op.outputs]

    def _blocks(self, operands: Sequence[Sequence[int]], arrays: int) -> Sequence[Block]:
        limit = _POINTS // max(4, arrays)
        return list(blocks(self._extents, self._rank, operands, limit))

    def _evaluated(self, order: Sequence[e.Expr], block: Block) -> Done:
        variables: dict[e.Var, Array] = dict(self._sizes)
        for place, (axis, start) in enumerate(zip(self._axes, self._starts, strict=True)):
            first, count = block[place]
            shape = [1] * len(block)
            shape[place] = count
            points = np.arange(start + first, start + first + count, dtype=np.int64)
            variables[axis] = points.reshape(shape)
        return evaluate_nodes(order, variables, self._tensors, clamp=self._clamp)

    def _place(self, block: Block) -> tuple[slice, ...]:
        return tuple(slice(first, first + count) for first, count in block[: self._rank])

    def _is_first(self, block: Block) -> bool:
        return all(first == 0 for first, _ in block[self._rank :])

    def _check(self, missing: Array | None, block: Block, done: Done) -> None:
        if missing is None or not missing.any():
            return
        shape = [count for _, count in block]
        found = tuple(np.argwhere(np.broadcast_to(missing, shape))[0].tolist())
        point = ", ".join(
            f"{axis.name}={start + first + offset}"
            for axis, start, (first, _), offset in zip(
                self._axes, self._starts, block, found, strict=True
            )
        )
        got = outside(done, self._tensors, shape, found)
        raise ExpressionError(
            f"expected every read of {self._op.name} inside its tensor and no integer division "
            f"by zero, got {f'index {got[0]}' if len(got) == 1 else 'one'} at {point}",
            hint="guard it with te.if_then_else",
        )


def working(dtype: DType, wide: bool) -> np.dtype:
    if wide and dtype.is_float:
        return np.dtype(np.float64)
    return np.dtype(np.float32) if dtype.kind == "bfloat" else dtype.numpy


def blocks(
    extents: Sequence[int], rank: int, operands: Sequence[Sequence[int]], limit: int
) -> Iterator[Block]:
    """Yield blocks of the space in which each operand has at most `limit` points.

    An operand is the list of the axes that it spans. The first `rank` axes are data axes and
    are divided first, the longest first. Reduce axes are divided from the outermost on, so
    that the blocks of one output element follow in the order of the axes.
    """
    steps = list(extents)
    while True:
        largest = max(operands, key=lambda axes: math.prod(steps[axis] for axis in axes))
        if math.prod(steps[axis] for axis in largest) <= limit:
            break
        free = [axis for axis in largest if axis < rank and steps[axis] > 1]
        if free:
            axis = max(free, key=lambda axis: steps[axis])
        else:
            axis = next(axis for axis in largest if steps[axis] > 1)
        steps[axis] = -(-steps[axis] // 2)
    ranges = [
        [(first, min(step, extent - first)) for first in range(0, extent, step)]
        for extent, step in zip(extents, steps, strict=True)
    ]
    return itertools.product(*ranges)
