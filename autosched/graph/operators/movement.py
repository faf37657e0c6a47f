"""Operators that move elements and compute nothing."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from autosched import te
from autosched.errors import GraphError
from autosched.graph.operators.elementwise import broadcast, element, extents
from autosched.graph.operators.operator import Array, Kind, Operator, Undefined, operator
from autosched.graph.operators.reduction import normalized
from autosched.graph.types import TensorType
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor


class Movement(Operator):
    kind: ClassVar[Kind] = "movement"


@operator("transpose")
class Transpose(Movement):
    """The axes of `x` in another order, by default the reverse one."""

    permutation: tuple[int, ...] | None = None

    def infer(self, x: TensorType) -> TensorType:
        return x.with_shape(*(x.shape[axis] for axis in self.order(x.rank)))

    def evaluate(self, x: Array) -> Array:
        return np.transpose(x, self.order(x.ndim))

    def define(self, x: Tensor) -> Tensor:
        order = self.order(x.ndim)
        return te.compute(
            tuple(x.shape[axis] for axis in order),
            lambda *place: x(*(place[order.index(axis)] for axis in range(x.ndim))),
            name=self.name,
        )

    def order(self, rank: int) -> list[int]:
        order = self.permutation if self.permutation is not None else range(rank)[::-1]
        found = [normalized(axis, rank, self.name) for axis in order]
        if sorted(found) != list(range(rank)):
            raise GraphError(f"expected an order of {rank} axes, got {list(order)}")
        return found


@operator("expand")
class Expand(Movement):
    """`x` broadcast to the array `shape`, as far as that asks for more."""

    static: ClassVar = frozenset({"shape"})

    def infer(self, x: TensorType, shape: Array) -> TensorType:
        return x.with_shape(*broadcast(self.name, x.sizes, [int(s) for s in np.ravel(shape)]))

    def evaluate(self, x: Array, shape: Array) -> Array:
        wanted = broadcast(self.name, x.shape, [int(size) for size in np.ravel(shape)])
        return np.broadcast_to(x, wanted)

    def define(self, x: Tensor, shape: Array) -> Tensor:
        wanted = broadcast(self.name, extents(x), [int(size) for size in np.ravel(shape)])
        return te.compute(wanted, lambda *i: element(x, i), name=self.name)


@operator("tile")
class Tile(Movement):
    """`x` repeated along every axis."""

    static: ClassVar = frozenset({"repeats"})

    def infer(self, x: TensorType, repeats: Array) -> TensorType:
        counts = [int(count) for count in np.ravel(repeats)]
        return x.with_shape(*(n * count for n, count in zip(x.sizes, counts, strict=True)))

    def evaluate(self, x: Array, repeats: Array) -> Array:
        return np.tile(x, [int(count) for count in repeats])

    def define(self, x: Tensor, repeats: Array) -> Tensor:
        shape = self.infer(TensorType(x.dtype, extents(x)), repeats).sizes
        return te.compute(
            shape,
            lambda *i: x(*(a % n for a, n in zip(i, extents(x), strict=True))),
            name=self.name,
        )


@operator("slice")
class Slice(Movement):
    """Every `steps`-th element from `starts` to before `ends`, along `axes`; as Python slices."""

    static: ClassVar = frozenset({"starts", "ends", "axes", "steps"})

    def infer(
        self,
        x: TensorType,
        starts: Array,
        ends: Array,
        axes: Array | None = None,
        steps: Array | None = None,
    ) -> TensorType:
        ranges = self.ranges(x.sizes, starts, ends, axes, steps)
        return x.with_shape(*(len(chosen) for chosen in ranges))

    def evaluate(
        self,
        x: Array,
        starts: Array,
        ends: Array,
        axes: Array | None = None,
        steps: Array | None = None,
    ) -> Array:
        return x[np.ix_(*self.ranges(x.shape, starts, ends, axes, steps))]

    def define(
        self,
        x: Tensor,
        starts: Array,
        ends: Array,
        axes: Array | None = None,
        steps: Array | None = None,
    ) -> Tensor:
        ranges = self.ranges(extents(x), starts, ends, axes, steps)
        return te.compute(
            tuple(len(chosen) for chosen in ranges),
            lambda *i: x(*(a * r.step + r.start for a, r in zip(i, ranges, strict=True))),
            name=self.name,
        )

    def ranges(
        self,
        shape: tuple[int, ...],
        starts: Array,
        ends: Array,
        axes: Array | None = None,
        steps: Array | None = None,
    ) -> list[range]:
        """What is taken of each axis."""
        count = np.size(starts)
        chosen = np.arange(count) if axes is None else np.ravel(axes)
        strides = np.ones(count, np.int64) if steps is None else np.ravel(steps)
        ranges = [range(size) for size in shape]
        for start, end, axis, step in zip(
            np.ravel(starts), np.ravel(ends), chosen, strides, strict=True
        ):
            if step == 0:
                raise GraphError("expected a step of a slice that is not 0, got 0")
            place = normalized(int(axis), len(shape), self.name)
            limits = slice(int(start), _end(int(end), int(step)), int(step))
            ranges[place] = range(*limits.indices(shape[place]))
        return ranges


def _end(end: int, step: int) -> int | None:
    """The end of a slice; one far below 0 with a negative step is before the first element."""
    return None if step < 0 and end < -(1 << 30) else end


@operator("concat")
class Concat(Movement):
    """The inputs one after another along `axis`."""

    most_parts: ClassVar = 64  # a kernel of 256 takes a minute to compile
    axis: int = 0

    def infer(self, *xs: TensorType) -> TensorType:
        axis = normalized(self.axis, xs[0].rank, self.name)
        for x in xs[1:]:
            same = x.rank == xs[0].rank and x.dtype is xs[0].dtype
            others = zip(x.shape, xs[0].shape, strict=False)
            if not same or any(a != b for place, (a, b) in enumerate(others) if place != axis):
                raise GraphError(f"expected inputs of concat that fit {xs[0]}, got {x}")
        total = sum(x.sizes[axis] for x in xs)
        return xs[0].with_shape(*xs[0].shape[:axis], total, *xs[0].shape[axis + 1 :])

    def evaluate(self, *xs: Array) -> Array:
        return np.concatenate(xs, axis=self.axis)

    def define(self, *xs: Tensor) -> Tensor:
        if len(xs) > self.most_parts:
            raise Undefined(f"expected a concat of {self.most_parts} parts or less, got {len(xs)}")
        axis = normalized(self.axis, xs[0].ndim, self.name)
        shape = list(extents(xs[0]))
        shape[axis] = sum(extents(x)[axis] for x in xs)

        def formula(*place: Expr) -> Expr:
            found: Any = None
            end = shape[axis]
            for x in reversed(xs):
                start = end - extents(x)[axis]
                read = x(*place[:axis], place[axis] - start, *place[axis + 1 :])
                found = read if found is None else te.if_then_else(place[axis] < end, read, found)
                end = start
            return found

        return te.compute(tuple(shape), formula, name=self.name)


@operator("split")
class Split(Movement):
    """Parts of `x` along `axis`: of the given sizes, or `parts` of one size, the last smaller."""

    static: ClassVar = frozenset({"sizes"})
    axis: int = 0
    parts: int = 0

    def infer(self, x: TensorType, sizes: Array | None = None) -> list[TensorType]:
        axis = normalized(self.axis, x.rank, self.name)
        return [
            x.with_shape(*x.shape[:axis], size, *x.shape[axis + 1 :])
            for size in self._sizes(x.sizes[axis], sizes)
        ]

    def evaluate(self, x: Array, sizes: Array | None = None) -> list[Array]:
        ends = np.cumsum(self._sizes(x.shape[self.axis], sizes))
        return np.split(x, ends[:-1], axis=self.axis)

    def define(self, x: Tensor, sizes: Array | None = None) -> list[Tensor]:
        axis, made, start = normalized(self.axis, x.ndim, self.name), [], 0
        for size in self._sizes(extents(x)[axis], sizes):
            shape = (*x.shape[:axis], size, *x.shape[axis + 1 :])
            made.append(
                te.compute(
                    shape,
                    lambda *i, start=start: x(*i[:axis], i[axis] + start, *i[axis + 1 :]),
                    name=self.name,
                )
            )
            start += size
        return made

    def _sizes(self, extent: int, sizes: Array | None) -> list[int]:
        if sizes is not None:
            found = [int(size) for size in np.ravel(sizes)]
        else:
            size = -(-extent // self.parts)
            found = [max(0, min(size, extent - size * part)) for part in range(self.parts)]
        if sum(found) != extent or min(found, default=0) < 0:
            raise GraphError(f"expected parts of {extent} in all to split, got {found}")
        return found


@operator("pad")
class Pad(Movement):
    """`x` with elements put before and after along `axes`; negative counts take some away.

    `pads` has the counts before, then those after. `mode` is constant (of `value`, or 0),
    edge, reflect or wrap, as in `numpy.pad`.
    """

    static: ClassVar = frozenset({"pads", "axes"})
    mode: str = "constant"

    def infer(
        self,
        x: TensorType,
        pads: Array,
        value: TensorType | None = None,
        axes: Array | None = None,
    ) -> TensorType:
        counts = self.counts(x.rank, pads, axes)
        for n, (a, b) in zip(x.sizes, counts, strict=True):
            kept = n + min(a, 0) + min(b, 0)
            if kept < 0 or (not kept and max(a, b) > 0 and self.mode != "constant"):
                raise GraphError(f"expected elements to pad by {a} and {b} with, got {n} of {x}")
        return x.with_shape(*(n + a + b for n, (a, b) in zip(x.sizes, counts, strict=True)))

    def evaluate(
        self, x: Array, pads: Array, value: Array | None = None, axes: Array | None = None
    ) -> Array:
        counts = self.counts(x.ndim, pads, axes)
        kept = tuple(
            slice(max(0, -a), n - max(0, -b)) for n, (a, b) in zip(x.shape, counts, strict=True)
        )
        more = [(max(0, a), max(0, b)) for a, b in counts]
        if not more:  # which NumPy refuses
            return x
        if self.mode != "constant":
            return np.pad(x[kept], more, mode=self.mode)  # type: ignore[call-overload]
        filler = 0 if value is None else value.reshape(()).item()
        return np.pad(x[kept], more, constant_values=filler)

    def define(
        self, x: Tensor, pads: Array, value: Tensor | None = None, axes: Array | None = None
    ) -> Tensor:
        if self.mode == "wrap":
            raise Undefined("expected a pad that is not of the mode wrap to define")
        counts, old = self.counts(x.ndim, pads, axes), extents(x)
        shape = tuple(n + a + b for n, (a, b) in zip(old, counts, strict=True))

        def formula(*place: Expr) -> Expr:
            sources, inside = [], []
            for index, extent, total, (before, after) in zip(
                place, old, shape, counts, strict=True
            ):
                source = index - before
                if self.mode == "constant":
                    inside += [index >= before] * (before > 0)
                    inside += [index < total - after] * (after > 0)
                elif before > 0 or after > 0:
                    first = max(0, -before)
                    kept = extent - first - max(0, -after)
                    source = first + _within(source - first, kept, self.mode)
                sources.append(source)
            read = x(*sources)
            if not inside:
                return read
            filler = te.const(0, x.dtype) if value is None else value(*([0] * value.ndim))
            return te.if_then_else(te.all(*inside), read, filler)

        return te.compute(shape, formula, name=self.name)

    def counts(self, rank: int, pads: Array, axes: Array | None) -> list[tuple[int, int]]:
        chosen = range(rank) if axes is None else [int(axis) for axis in np.ravel(axes)]
        flat = [int(count) for count in np.ravel(pads)]
        counts = [(0, 0)] * rank
        for place, axis in enumerate(chosen):
            counts[normalized(axis, rank, self.name)] = flat[place], flat[place + len(flat) // 2]
        return counts


def _within(source: Expr, extent: int, mode: str) -> Expr:
    """The place of `x` that the padding at `source` repeats."""
    if mode == "edge":
        return te.minimum(te.maximum(source, 0), extent - 1)
    if extent == 1:
        return source * 0
    folded = te.abs(source % (2 * extent - 2))
    return te.minimum(folded, 2 * extent - 2 - folded)


@operator("trilu")
class Trilu(Movement):
    """The upper or the lower triangle of matrices; `diagonal` is the first, or last, kept."""

    static: ClassVar = frozenset({"diagonal"})
    upper: bool = True

    def infer(self, x: TensorType, diagonal: Array | None = None) -> TensorType:
        if x.rank < 2:
            raise GraphError(f"expected matrices, got {x}")
        return x

    def evaluate(self, x: Array, diagonal: Array | None = None) -> Array:
        k = 0 if diagonal is None else int(diagonal.item())
        return np.triu(x, k) if self.upper else np.tril(x, k)

    def define(self, x: Tensor, diagonal: Array | None = None) -> Tensor:
        k = 0 if diagonal is None else int(diagonal.item())

        def formula(*i: Expr) -> Expr:
            kept = i[-1] - i[-2] >= k if self.upper else i[-1] - i[-2] <= k
            return te.if_then_else(kept, x(*i), te.const(0, x.dtype))

        return te.compute(x.shape, formula, name=self.name)


@operator("band")
class Band(Operator):
    """Matrices in which `fill` replaces what is outside of a band of diagonals.

    Kept is where the column less the row is `low` or more, and `high` or less; None keeps all on
    that side.
    """

    kind: ClassVar[Kind] = "elementwise"
    low: int | None = None
    high: int | None = None
    fill: float = 0.0

    def infer(self, x: TensorType) -> TensorType:
        if x.rank < 2:
            raise GraphError(f"expected matrices, got {x}")
        return x

    def evaluate(self, x: Array) -> Array:
        place = np.arange(x.shape[-1]) - np.arange(x.shape[-2])[:, np.newaxis]
        kept = np.full(place.shape, True)
        if self.low is not None:
            kept &= place >= self.low
        if self.high is not None:
            kept &= place <= self.high
        return np.where(kept, x, x.dtype.type(self.fill))

    def define(self, x: Tensor) -> Tensor:
        def formula(*i: Expr) -> Expr:
            ends = [i[-2] + self.low <= i[-1]] if self.low is not None else []
            ends += [i[-1] <= i[-2] + self.high] if self.high is not None else []
            fill = te.const(self.fill, x.dtype)
            return te.if_then_else(te.all(*ends), x(*i), fill) if ends else x(*i)

        return te.compute(x.shape, formula, name=self.name)
