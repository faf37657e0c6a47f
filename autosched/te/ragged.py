"""Reduce axes whose range depends on other axes or on data, as in the sum of a triangle.

Loops have ranges that depend on sizes only: such an axis is replaced by one over its largest
range, and the reduction gets the condition that a point lies in the actual range.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autosched.errors import ExpressionError
from autosched.ir.build import add, and_, const, le, lt, maximum, select, sub
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Const, Expr, Var
from autosched.ir.rewrite import substitute
from autosched.ir.traverse import free_vars, walk
from autosched.te.axis import Axis, AxisKind
from autosched.te.bounds import reads_data
from autosched.te.tensor import ComputeOp, Reduce, Tensor, TensorRead

Range = tuple[Expr, Expr]
ZERO, ONE = const(0), const(1)


def boxed(name: str, axes: Sequence[Axis], bodies: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Return the bodies of the compute `name` over reduce axes that depend on sizes only.

    Raises ExpressionError if an axis has no largest extent.
    """
    first = bodies[0]
    if type(first) is not Reduce or not any(map(_depends, first.axes)):
        return bodies
    box = _Box(name, axes, first)
    replaced = {
        axis: new for axis, new in zip(first.axes, box.axes, strict=True) if axis is not new
    }
    sources = tuple(substitute(source, replaced) for source in first.sources)
    condition = and_(substitute(first.condition, replaced), *box.conditions)
    return tuple(
        replace(body, sources=sources, axes=box.axes, condition=condition)
        for body in bodies
        if type(body) is Reduce
    )


def _depends(axis: Axis) -> bool:
    parts = (axis.start, axis.extent)
    return any(isinstance(node, Axis | TensorRead) for part in parts for node in walk(part))


class _Box:
    """The axes of a reduction over their largest ranges, and the conditions of the actual ones."""

    def __init__(self, name: str, data: Sequence[Axis], reduce: Reduce):
        self._name = name
        self._reduce = reduce
        self._ranges: dict[Var, Range] = {axis: (axis.start, axis.extent) for axis in data}
        self._new: dict[Axis, Axis] = {}
        self.conditions: list[Expr] = []
        waiting = list(reduce.axes)
        while waiting:
            ready = [axis for axis in waiting if self._uses(axis) <= self._ranges.keys()]
            if not ready:
                raise self._foreign(waiting[0])
            for axis in ready:
                self._add(axis)
            waiting = [axis for axis in waiting if axis not in self._new]
        self.axes = tuple(self._new[axis] for axis in reduce.axes)

    def _uses(self, axis: Axis) -> set[Var]:
        parts = (axis.start, axis.extent)
        return {var for part in parts for var in free_vars(part) if isinstance(var, Axis)}

    def _add(self, axis: Axis) -> None:
        if not _depends(axis):
            self._new[axis] = axis
            self._ranges[axis] = axis.start, axis.extent
            return
        start = substitute(axis.start, self._new)
        stop = add(start, substitute(axis.extent, self._new))
        first = self._ends(start)[0] if not reads_data(start) else ZERO
        last = self._ends(stop)[1] if not reads_data(stop) else self._dimension(axis)
        extent = sub(last, first)
        if type(extent) is Const and extent.value < 1:
            raise ExpressionError(
                f"expected an extent of at least 1 in the reduce axis {axis.name} of "
                f"{self._name}, got at most {extent.value}, from {start} to {stop}"
            )
        new = self._new[axis] = Axis(axis.name, INDEX, first, extent, AxisKind.REDUCE)
        self._ranges[new] = self._ranges[axis] = first, extent
        limit = _limit(axis.name, last) if reads_data(start) or reads_data(stop) else None
        self.conditions += [
            le(_within(start, select(lt(start, stop), start, maximum(start, ZERO)), limit), new),
            lt(new, _within(stop, maximum(stop, ZERO), limit)),
        ]

    def _ends(self, expr: Expr) -> tuple[Expr, Expr]:
        """Return the least and the greatest value of an expression over the known ranges."""
        from autosched.analysis.bounds import Bounds  # late: few expressions need it
        from autosched.analysis.regions import relax

        bounds = Bounds()
        for part in (expr, *(end for both in self._ranges.values() for end in both)):
            for var in free_vars(part):
                if not isinstance(var, Axis):
                    bounds.add_range(var, 1, None)
        for axis, (start, extent) in self._ranges.items():
            bounds.add_loop(axis, start, extent)
        swept = relax(expr, self._ranges, bounds)
        if swept is None:
            raise self._unlimited(str(expr))
        return swept[0], sub(add(*swept), ONE)

    def _dimension(self, axis: Axis) -> Expr:
        """Return the extent of a dimension that is read at the axis: a bound of its range."""
        for source in self._reduce.sources:
            for node in walk(source):
                if type(node) is TensorRead:
                    for index, extent in zip(node.indices, node.tensor.shape, strict=True):
                        if index is axis:
                            return extent
        raise self._unlimited(axis.name)

    def _unlimited(self, what: str) -> ExpressionError:
        return ExpressionError(
            f"expected a largest extent of the reduce axes of {self._name}, got none for {what}, "
            "which depends on data and at which no tensor is read",
            hint="reduce over the largest range, and give the condition as where=",
        )

    def _foreign(self, axis: Axis) -> ExpressionError:
        return ExpressionError(
            f"expected the range of the reduce axis {axis.name} to depend on axes of "
            f"{self._name}, got {axis.start} to {add(axis.start, axis.extent)}"
        )


def _within(end: Expr, place: Expr, limit: Tensor | None) -> Expr:
    """Return an end of a range, for one from data as a read of the table `limit` at `place`.

    The table has the allowed ends only, so that the read checks the bounds. `place` is the end
    with negative values replaced by 0 where they are allowed: in empty ranges.
    """
    if limit is None or not reads_data(end):
        return end
    return limit.read((place,))


def _limit(name: str, last: Expr) -> Tensor:
    """Return a computed tensor of the numbers from 0 to `last`."""
    shape = (add(last, ONE),)
    axis = Axis("i", INDEX, ZERO, shape[0], AxisKind.DATA)
    return ComputeOp(f"{name}_extent", (axis,), (axis,)).make_outputs(shape, (INDEX,))[0]
