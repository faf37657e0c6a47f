"""Operators that write elements or slices of a tensor at indices given by data."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from autosched import te
from autosched.errors import GraphError
from autosched.graph.operators.elementwise import extents
from autosched.graph.operators.indexing import from_front
from autosched.graph.operators.operator import Array, Operator, Undefined, attributes, operator
from autosched.graph.operators.reduction import normalized
from autosched.graph.types import TensorType
from autosched.ir.expr import Expr
from autosched.te.axis import Axis
from autosched.te.tensor import Tensor

Formula = Callable[..., Expr]
Place = Callable[..., Sequence[Expr]]

COMBINED: dict[str, tuple[np.ufunc, Formula, Formula]] = {
    "add": (np.add, te.sum, lambda a, b: te.if_then_else(b.equal(0), a, a + b)),
    "mul": (np.multiply, te.prod, lambda a, b: a * b),
    "max": (np.maximum, te.max, te.maximum),
    "min": (np.minimum, te.min, te.minimum),
}
"""How updates are combined: by NumPy; those of one element, and the element with the result.

An element of -0.0 without an update stays so.
"""


def _numbers(extent: int) -> Tensor:
    """Return the numbers below `extent`: read at an index, they are it, and it is checked."""
    return te.compute((extent,), lambda i: i, "numbers")


@attributes
class Scatter(Operator):
    """A copy of `x` with `updates` written at `indices`.

    With `reduction` "add", "mul", "max" or "min", an update is combined with the element there;
    with "none" it replaces the element.
    """

    reduction: str = "none"

    def infer(self, x: TensorType, indices: TensorType, updates: TensorType) -> TensorType:
        return x

    def write(self, into: Array, at: tuple[Array, ...], updates: Array) -> None:
        if self.reduction == "none":
            into[at] = updates
        elif self.reduction in COMBINED:
            COMBINED[self.reduction][0].at(into, at, updates)
        else:
            raise GraphError(f"expected a reduction of {self.name}, got {self.reduction!r}")

    def written(
        self, x: Tensor, updates: Tensor, axis: Axis, names: Formula, place: Place, in_rows: bool
    ) -> Tensor:
        """Return `x` with updates.

        Those of an element at `i` are at `place(k, *i)` for the points `k` of `axis` for which
        `names(k, *i)` holds. Updates `in_rows` begin with the element; else `x` would be read
        along columns.
        """
        if self.reduction == "none":
            return self._replaced(x, updates, axis, names, place)
        if self.reduction not in COMBINED or x.dtype.is_bool:
            raise Undefined(f"expected a reduction of numbers of {self.name}")
        _, reduce, combine = COMBINED[self.reduction]
        if in_rows:
            return te.compute(
                x.shape,
                lambda *i: reduce(
                    updates(*place(axis, *i)), axis=axis, where=names(axis, *i), init=x(*i)
                ),
                self.name,
            )
        found = te.compute(
            x.shape,
            lambda *i: reduce(updates(*place(axis, *i)), axis=axis, where=names(axis, *i)),
            "updated",
        )
        return te.compute(x.shape, lambda *i: combine(x(*i), found(*i)), self.name)

    def _replaced(
        self, x: Tensor, updates: Tensor, axis: Axis, names: Formula, place: Place
    ) -> Tensor:
        """Return `x` with the last of the updates of each element."""
        last = te.compute(
            x.shape, lambda *i: te.max(axis, axis=axis, where=names(axis, *i)), "last"
        )

        def formula(*i: Expr) -> Expr:
            found = last(*i)
            update = updates(*place(te.maximum(found, 0), *i))
            return te.if_then_else(found >= 0, update, x(*i))

        return te.compute(x.shape, formula, self.name)


@operator("scatter_elements")
class ScatterElements(Scatter):
    """Write each update at its own index, except along `axis`, where `indices` gives the index."""

    axis: int = 0

    def evaluate(self, x: Array, indices: Array, updates: Array) -> Array:
        axis = normalized(self.axis, x.ndim, self.name)
        at: list[Array] = list(np.indices(indices.shape))
        at[axis] = np.where(indices < 0, indices + x.shape[axis], indices)
        found = x.copy()
        self.write(found, tuple(at), updates)
        return found

    def define(self, x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
        axis = normalized(self.axis, x.ndim, self.name)
        sizes, own = extents(x), extents(indices)
        if own[:axis] + own[axis + 1 :] != sizes[:axis] + sizes[axis + 1 :]:
            raise Undefined(f"expected indices of {self.name} for all elements beside its axis")

        def place(k: Expr, *i: Expr) -> tuple[Expr, ...]:
            return (*i[:axis], k, *i[axis + 1 :])

        checked = _numbers(sizes[axis])

        def names(k: Expr, *i: Expr) -> Expr:
            return checked(from_front(indices(*place(k, *i)), sizes[axis])) == i[axis]

        k = te.reduce_axis((0, own[axis]), name="k")
        return self.written(x, updates, k, names, place, in_rows=False)


@operator("scatter_nd")
class ScatterNd(Scatter):
    """Write slices to `x` at index tuples: the last axis of `indices` holds one tuple."""

    def evaluate(self, x: Array, indices: Array, updates: Array) -> Array:
        found = x.copy()
        self.write(found, tuple(np.moveaxis(indices.astype(np.int64), -1, 0)), updates)
        return found

    def define(self, x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
        sizes = extents(indices)
        if indices.ndim != 2 or sizes[1] != 1:
            raise Undefined(f"expected a list of indices of one axis of {self.name}")
        k, extent = te.reduce_axis((0, sizes[0]), name="k"), extents(x)[0]
        checked = _numbers(extent)
        return self.written(
            x,
            updates,
            k,
            lambda k, *i: checked(from_front(indices(k, 0), extent)) == i[0],
            lambda k, *i: (k, *i[1:]),
            in_rows=True,
        )
