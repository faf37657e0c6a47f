"""Winograd's minimal filtering: convolutions with fewer multiplications.

F(m, 3) computes m neighbouring points of a correlation with a filter g of 3 points from a tile d
of m + 2 points of the image as

    A^T ((G g) * (B^T d))

with m + 2 multiplications in place of 3 m. In two dimensions the transforms are applied along
each, and 4 x 4 points take 36 multiplications in place of 144. Summed over channels, the products
of all tiles are matrix products, one for each point of a transformed tile (Lavin and Gray, "Fast
Algorithms for Convolutional Neural Networks", 2015, where the matrices are from).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import combinations
from math import prod, sqrt

import numpy as np

from autosched.analysis.linear import index
from autosched.ir import build
from autosched.ir.expr import Const, Expr
from autosched.ir.rewrite import substitute
from autosched.schedule.sliding import Windows
from autosched.te.axis import Axis
from autosched.te.construct import compute, reduce_axis
from autosched.te.reduction import sum as te_sum
from autosched.te.tensor import Tensor

TAPS = 3
"""The points of a filter along an axis."""

TILE = "tile"
"""The name of the axis over tiles."""

Matrix = tuple[tuple[Fraction | int, ...], ...]

Terms = tuple[tuple[int, Fraction], ...]
"""Terms of a sum by their numbers, and their factors."""


@dataclass(frozen=True)
class Transform:
    """The matrices of F(m, 3) by rows, and its rounding error.

    The largest error measured over a million results from data uniform in [-1, 1), relative to
    the result plus the root mean square of all results, is at most `error + growth * sqrt(c)`
    times the precision of the dtype where c channels are summed.
    """

    image: Matrix
    filters: Matrix
    result: Matrix
    error: float
    growth: float


def _parts(*rows: tuple[int, ...], over: int) -> Matrix:
    return tuple(tuple(Fraction(value, over) for value in row) for row in rows)


TRANSFORMS = {
    2: Transform(
        image=((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1)),
        filters=_parts((2, 0, 0), (1, 1, 1), (1, -1, 1), (0, 0, 2), over=2),
        result=((1, 1, 1, 0), (0, 1, -1, -1)),
        error=6,
        growth=1.2,
    ),
    4: Transform(
        image=(
            (4, 0, -5, 0, 1, 0),
            (0, -4, -4, 1, 1, 0),
            (0, 4, -4, -1, 1, 0),
            (0, -2, -1, 2, 1, 0),
            (0, 2, -1, -2, 1, 0),
            (0, 4, 0, -5, 0, 1),
        ),
        filters=_parts(
            (6, 0, 0), (-4, -4, -4), (-4, 4, -4), (1, 2, 4), (1, -2, 4), (0, 0, 24), over=24
        ),
        result=((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1)),
        error=120,
        growth=24,
    ),
}
"""F(m, 3) by m."""


def relative_error(windows: Windows, tile: int) -> float:
    """The rounding error of F(tile, 3), relative to a result plus the root mean square of all."""
    transform, channels = TRANSFORMS[tile], prod(map(_extent, windows.channels))
    precision = float(np.finfo(windows.image.dtype.numpy).eps)
    return (transform.error + transform.growth * sqrt(channels)) * precision


def fits(windows: Windows) -> bool:
    """Whether F(m, 3) computes the convolution: its windows have 3 points along one or two axes.

    There are channels, over which the transformed points are summed. The error grows with each
    axis, and is measured for two.
    """
    taps = [_extent(tap) for _, tap in windows.moving]
    is_float = windows.image.dtype.name in ("float32", "float64")
    is_small = windows.rank <= 2 and all(count == TAPS for count in taps)
    return is_float and is_small and bool(windows.channels)


Read = Callable[..., Expr]
"""Reads an element by its point of a tile, then the number of the tile, then its channels."""


class Filtering:
    """Makes the tensors that compute a convolution by F(tile, 3).

    `named` makes the name of a tensor from what it is.
    """

    def __init__(self, windows: Windows, tile: int, named: Callable[[str], str]):
        self.windows, self.tile, self.named = windows, tile, named
        self.transform = TRANSFORMS[tile]
        self.batch = [axis.extent for axis in windows.batch]
        self.points = [place for place, _ in windows.moving]
        self.counts = [build.floordiv(build.add(p.extent, tile - 1), tile) for p in self.points]
        self.tiles = [_product([*self.batch, *self.counts])]
        self.channels = [_extent(axis) for axis in windows.channels]
        self.filters = [_extent(axis) for axis in windows.outputs]

    def tensors(self) -> list[Tensor]:
        """The image with its channels last, its tiles, the filters, their product and the result.

        Tiles, filters and result are a tensor for each axis of a window; the last of them is
        transformed along all axes, those before along the first ones.
        """
        image = self._image()
        inputs, weights = self._inputs(image), self._weights()
        product = self._product(inputs[-1], weights[-1])
        return [image, *inputs, *weights, product, *self._outputs(product)]

    def result(self, tiles: Tensor) -> Expr:
        """The read of an element of the convolution in the tiles of the result."""
        windows, places = self.windows, self.points
        number: Expr = build.const(0)
        corners = [build.floordiv(place, self.tile) for place in places]
        for at, size in zip((*windows.batch, *corners), (*self.batch, *self.counts), strict=True):
            number = build.add(build.mul(number, size), at)
        points = [build.floormod(place, self.tile) for place in places]
        return tiles.read((*points, number, *windows.outputs))

    def _image(self) -> Tensor:
        """The image with its channels last, and zeros up to the end of the last tile."""
        windows, first = self.windows, len(self.batch)
        whole = [build.add(build.mul(count, self.tile), TAPS - 1) for count in self.counts]
        needed = [build.add(place.extent, TAPS - 1) for place in self.points]
        axes = [*windows.batch, *self.points, *windows.channels]

        def body(*at: Expr) -> Expr:
            points = at[first : first + len(whole)]
            values = {**dict(zip(axes, at, strict=True)), **{tap: 0 for _, tap in windows.moving}}
            source = windows.image
            read = source.tensor.read(tuple(substitute(i, values) for i in source.indices))
            sizes = zip(points, needed, whole, strict=True)
            inside = [
                build.lt(point, size) for point, size, most in sizes if not _equal(size, most)
            ]
            return build.select(build.and_(*inside), read, build.zero(read.dtype))

        return self._made("image", axes, [*self.batch, *whole, *self.channels], body)

    def _inputs(self, image: Tensor) -> list[Tensor]:
        """The tiles of the image, transformed; reads share equal indices, to be simplified once."""
        rank, first = len(self.counts), len(self.batch)
        point_of = cache(build.add)

        @cache
        def tile_of(number: Expr) -> tuple[list[Expr], list[Expr]]:
            at = _digits(number, [*self.batch, *self.counts])
            return at[:first], [build.mul(corner, self.tile) for corner in at[first:]]

        def read(*place: Expr) -> Expr:
            batch, corners = tile_of(place[rank])
            points = map(point_of, corners, place[:rank])
            return image.read((*batch, *points, *place[rank + 1 :]))

        rows, channels = self.transform.image, self.windows.channels
        return self._transformed("input", rows, self.tiles, channels, read)

    def _weights(self) -> list[Tensor]:
        """The filters, transformed, with the channels of the image before those of the result."""
        windows, source = self.windows, self.windows.filters
        axes = (*(tap for _, tap in windows.moving), *windows.channels, *windows.outputs)

        def read(*place: Expr) -> Expr:
            values = dict(zip(axes, place, strict=True))
            return source.tensor.read(tuple(substitute(i, values) for i in source.indices))

        channels = (*windows.channels, *windows.outputs)
        return self._transformed("weight", self.transform.filters, [], channels, read)

    def _product(self, tiles: Tensor, weights: Tensor) -> Tensor:
        """For each point of a tile, the product of a matrix of tiles and one of weights."""
        rank = len(self.counts)
        summed = [
            reduce_axis((0, size), name=axis.name)
            for size, axis in zip(self.channels, self.windows.channels, strict=True)
        ]

        def body(*at: Expr) -> Expr:
            points, tile, filters = at[:rank], at[rank], at[rank + 1 :]
            a, b = tiles.read((*points, tile, *summed)), weights.read((*points, *summed, *filters))
            found: Expr = te_sum(build.mul(a, b), axis=summed)
            return found

        axes: list[Axis | str] = [*self.points, TILE, *self.windows.outputs]
        points = [len(self.transform.image)] * rank
        return self._made("product", axes, [*points, *self.tiles, *self.filters], body)

    def _outputs(self, product: Tensor) -> list[Tensor]:
        """The tiles of the result."""
        rows, channels = self.transform.result, self.windows.outputs
        return self._transformed("output", rows, self.tiles, channels, product)

    def _transformed(
        self, what: str, rows: Matrix, tiles: list[Expr], channels: Sequence[Axis], read: Read
    ) -> list[Tensor]:
        """Transform what `read` reads along one axis of the points after another."""
        rank = len(self.counts)
        sizes, last = [len(rows[0])] * rank, [axis.extent for axis in channels]
        axes: list[Axis | str] = [*self.points, *[TILE] * len(tiles), *channels]
        made: list[Tensor] = []
        for axis in range(rank):
            sizes[axis] = len(rows)
            name = what if axis == rank - 1 else f"{what}.{axis}"

            def body(*at: Expr, axis: int = axis, source: Read = read) -> Expr:
                before, point, after = at[:axis], at[axis], at[axis + 1 :]
                return _chosen(rows, point, lambda tap: source(*before, index(tap), *after))

            made.append(self._made(name, axes, [*sizes, *tiles, *last], body))
            read = made[-1]
        return made

    def _made(
        self, what: str, axes: Sequence[Axis | str], shape: Sequence[Expr | int], body: Read
    ) -> Tensor:
        names = [axis.name if isinstance(axis, Axis) else axis for axis in axes]
        tensor: Tensor = compute(
            tuple(shape), body, name=self.named(what), varargs_names=_distinct(names)
        )
        return tensor


def _chosen(rows: Matrix, point: Expr, read: Callable[[int], Expr]) -> Expr:
    """The product of the row numbered `point` with what is read."""
    pairs, sums = shared_pairs(rows)

    @cache
    def term(number: int) -> Expr:
        tap = number - len(rows[0])
        return read(number) if tap < 0 else _combined(pairs[tap], term)

    *others, last = [_combined(tuple(each.items()), term) for each in sums]
    chosen = last
    for number, value in reversed([*enumerate(others)]):
        chosen = build.select(build.eq(point, number), value, chosen)
    return chosen


@cache
def shared_pairs(rows: Matrix) -> tuple[list[Terms], list[dict[int, Fraction]]]:
    """Return sums of two taps that several rows have, and the rows as factors of terms by number.

    The first terms are the taps, then come these sums. Of F(4, 3) each transform takes a quarter
    fewer operations with them.
    """
    sums = [{tap: Fraction(each) for tap, each in enumerate(row) if each} for row in rows]
    pairs: list[Terms] = []
    while counts := Counter(pair for each in sums for pair in _pairs(each)):
        pair, count = counts.most_common(1)[0]
        if count == 1:
            break
        for each in filter(lambda each: pair in _pairs(each), sums):
            (first, _), (second, factor) = pair
            each[len(rows[0]) + len(pairs)] = each[second] / factor
            del each[first], each[second]
        pairs.append(pair)
    return pairs, sums


def _pairs(terms: Mapping[int, Fraction]) -> Iterator[Terms]:
    """Every two terms, the lesser factor as 1 and the second one positive."""
    for (first, a), (second, b) in combinations(terms.items(), 2):
        unit = min(abs(a), abs(b)) * (1 if b > 0 else -1)
        yield (first, a / unit), (second, b / unit)


def _combined(terms: Terms, read: Callable[[int], Expr]) -> Expr:
    """The sum of what is read, each times its factor; the factors 1 and -1 cost nothing."""
    total: Expr | None = None
    for number, factor in sorted(terms, key=lambda term: term[1] < 0):
        value = read(number)
        if abs(factor) != 1:
            value = build.mul(value, build.const(float(factor), value.dtype))
        if total is None:
            total = build.neg(value) if factor == -1 else value
        else:
            total = build.sub(total, value) if factor == -1 else build.add(total, value)
    assert total is not None, "a row has factors"
    return total


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number after those that occur before."""
    return [f"{name}{place}" if name in names[:place] else name for place, name in enumerate(names)]


def _digits(number: Expr, sizes: Sequence[Expr]) -> list[Expr]:
    """The indices of an element of an array of these sizes, by its number in row-major order."""
    found: list[Expr] = []
    for place, size in enumerate(sizes):
        digit = build.floordiv(number, _product(sizes[place + 1 :]))
        found.append(build.floormod(digit, size) if place else digit)
    return found


def _product(sizes: Sequence[Expr]) -> Expr:
    total: Expr = build.const(1)
    for size in sizes:
        total = build.mul(total, size)
    return total


def _equal(size: Expr, most: Expr) -> bool:
    """Whether two extents are known to be equal; symbolic ones are not."""
    return type(size) is Const and type(most) is Const and size.value == most.value


def _extent(axis: Axis) -> int:
    extent = axis.extent
    assert type(extent) is Const, "windows_of finds channels of known extents"
    return int(extent.value)
