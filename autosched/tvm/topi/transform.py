"""Operators that move elements."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.dtype import DType
from autosched.ir.expr import Const, Expr
from autosched.ops import movement
from autosched.ops.matmul import batch_matmul
from autosched.ops.matmul import matmul as product
from autosched.te.tensor import Tensor
from autosched.tvm.topi.tag import INJECTIVE
from autosched.tvm.topi.utils import axes_of, get_const_int, get_const_tuple, normalized


def _moved(shape: Sequence[Any], element: Any, name: str) -> Tensor:
    result: Tensor = te.compute(tuple(shape), element, name=f"T_{name}", tag=INJECTIVE)
    return result


def flat_index(place: Sequence[Expr], shape: Sequence[Expr]) -> Expr:
    """Return the position of a place in the elements of `shape` in order."""
    flat: Expr = te.const(0, "int64")
    for i, extent in zip(place, shape, strict=True):
        flat = flat * extent + i
    return flat


def unflattened(flat: Expr, shape: Sequence[Expr]) -> list[Expr]:
    """Return the place in `shape` of a position in its elements in order."""
    place = []
    for extent in reversed(shape[1:]):
        place.append(flat % extent)
        flat = flat // extent
    return [*([flat] if shape else []), *reversed(place)]


def transpose(a: Tensor, axes: Sequence[int] | None = None) -> Tensor:
    """`a` with its axes in another order, by default reversed."""
    order = None if axes is None else [normalized(axis, a.ndim, "transpose") for axis in axes]
    return movement.transpose(a, order, "T_transpose")


def reshape(a: Tensor, newshape: Sequence[Any]) -> Tensor:
    """The elements of `a` in order in another shape; one extent may be -1 for what is left."""
    given = get_const_tuple(newshape if isinstance(newshape, Sequence) else (newshape,))
    if -1 in given:
        total = math.prod(get_const_tuple(a.shape))
        left = total // max(1, math.prod(extent for extent in given if extent != -1))
        given = tuple(left if extent == -1 else extent for extent in given)
    shape = te.placeholder(given, a.dtype).shape
    extents = get_const_tuple(a.shape), get_const_tuple(shape)
    known = all(isinstance(extent, int) for each in extents for extent in each)
    if known and math.prod(extents[0]) != math.prod(extents[1]):
        raise ExpressionError(f"expected {math.prod(extents[0])} elements to reshape, got {given}")
    return _moved(shape, lambda *i: a(*unflattened(flat_index(i, shape), a.shape)), "reshape")


def flattened(a: Tensor) -> Tensor:
    """The elements in order along one axis."""
    return reshape(a, (-1,))


def expand_dims(a: Tensor, axis: int, num_newaxis: int = 1) -> Tensor:
    """`a` with new axes of extent 1 before `axis`."""
    at = normalized(axis, a.ndim + 1, "expand_dims")
    shape = (*a.shape[:at], *(1,) * num_newaxis, *a.shape[at:])
    return _moved(shape, lambda *i: a(*i[:at], *i[at + num_newaxis :]), "expand_dims")


def squeeze(a: Tensor, axis: int | Sequence[int] | None = None) -> Tensor:
    """`a` without these axes of extent 1, by default all such axes."""
    ones = [at for at, extent in enumerate(get_const_tuple(a.shape)) if extent == 1]
    dropped = ones if axis is None else axes_of(axis, a.ndim, "squeeze")
    kept = [at for at in range(a.ndim) if at not in dropped]

    def element(*i: Expr) -> Expr:
        at = dict(zip(kept, i, strict=True))
        return a(*(at.get(axis, te.const(0, "int64")) for axis in range(a.ndim)))

    return _moved([a.shape[at] for at in kept], element, "squeeze")


def concatenate(a_tuple: Sequence[Tensor], axis: int = 0) -> Tensor:
    """The tensors one after the other along `axis`."""
    at = normalized(axis, a_tuple[0].ndim, "concatenate")
    return movement.concat(a_tuple, at, "T_concat")


def stack(a: Sequence[Tensor], axis: int = 0) -> Tensor:
    """The tensors one after the other along a new axis."""
    at = normalized(axis, a[0].ndim + 1, "stack")
    return concatenate([expand_dims(each, at) for each in a], at)


def split(ary: Tensor, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """The parts of a tensor along `axis`: so many equal ones, or those between the indices."""
    at = normalized(axis, ary.ndim, "split")
    extent = get_const_int(ary.shape[at])
    if isinstance(indices_or_sections, (int, Const)):
        count = get_const_int(indices_or_sections)
        if count < 1 or extent % count:
            raise ExpressionError(f"expected a count that divides {extent} for split, got {count}")
        cuts = list(range(0, extent, extent // count))
    else:
        cuts = [0, *(get_const_int(each) for each in indices_or_sections)]
    return [
        strided_slice(ary, [start], [end], axes=[at])
        for start, end in zip(cuts, [*cuts[1:], extent], strict=True)
    ]


def strided_slice(
    a: Tensor, begin: Sequence[Any], end: Sequence[Any], strides: Sequence[Any] | None = None,
    axes: Sequence[int] | None = None, slice_mode: str = "end",
) -> Tensor:  # fmt: skip
    """The elements from `begin` to `end` by `strides` along the axes, as slices in Python.

    With `slice_mode="size"` the ends are counts; -1 is all that is left.
    """
    over = list(range(len(begin))) if axes is None else list(axes)
    steps = [1] * a.ndim if strides is None else [get_const_int(step) for step in strides]
    firsts, jumps, shape = [0] * a.ndim, [1] * a.ndim, list(a.shape)
    for place, axis in enumerate(over):
        at = normalized(axis, a.ndim, "strided_slice")
        extent = get_const_int(a.shape[at])
        start = begin[place] if place < len(begin) else None
        stop = end[place] if place < len(end) else None
        step = steps[place] if place < len(steps) else 1
        first = None if start is None else get_const_int(start)
        last = None if stop is None else get_const_int(stop)
        if slice_mode == "size":
            step, first = 1, first or 0
            last = extent if last in (None, -1) else first + last
        taken = range(extent)[slice(first, last, step)]
        firsts[at], jumps[at], shape[at] = taken.start, step, te.const(len(taken), "int64")

    def element(*i: Expr) -> Expr:
        return a(*(at * by + first for at, by, first in zip(i, jumps, firsts, strict=True)))

    return _moved(shape, element, "strided_slice")


def flip(a: Tensor, axis: int = 0) -> Tensor:
    """`a` in the reverse order along `axis`."""
    at = normalized(axis, a.ndim, "flip")
    return _moved(a.shape, lambda *i: a(*i[:at], a.shape[at] - 1 - i[at], *i[at + 1 :]), "flip")


def repeat(a: Tensor, repeats: int, axis: int) -> Tensor:
    """`a` with each element `repeats` times along `axis`."""
    at = normalized(axis, a.ndim, "repeat")
    shape = (*a.shape[:at], a.shape[at] * repeats, *a.shape[at + 1 :])
    return _moved(shape, lambda *i: a(*i[:at], i[at] // repeats, *i[at + 1 :]), "repeat")


def tile(a: Tensor, reps: Sequence[int]) -> Tensor:
    """`a` repeated as a whole along each axis, as in `numpy.tile`."""
    rank = max(a.ndim, len(reps))
    counts = [1] * (rank - len(reps)) + [get_const_int(count) for count in reps]
    missing = rank - a.ndim
    extents = [*(te.const(1, "int64") for _ in range(missing)), *a.shape]
    shape = [extent * count for extent, count in zip(extents, counts, strict=True)]
    return _moved(
        shape,
        lambda *i: a(*(at % extent for at, extent in zip(i[missing:], a.shape, strict=True))),
        "tile",
    )


def take(
    a: Tensor, indices: Tensor, axis: int | None = None, batch_dims: int = 0, mode: str = "clip"
) -> Tensor:
    """The elements of `a` at `indices` along `axis`, or in order where it is None.

    Indices beyond the end are the last with "clip", and counted around with "wrap".
    """
    if batch_dims:
        raise ExpressionError(f"expected no batch_dims for take, got {batch_dims}")
    source = flattened(a) if axis is None else a
    at = 0 if axis is None else normalized(axis, a.ndim, "take")
    extent = source.shape[at]

    def bounded(index: Expr) -> Expr:
        wide = index.astype("int64")
        if mode == "wrap":
            return wide % extent
        return te.minimum(te.maximum(wide, 0), extent - 1)

    def element(*i: Expr) -> Expr:
        where = bounded(indices(*i[at : at + indices.ndim]))
        return source(*i[:at], where, *i[at + indices.ndim :])

    return _moved((*source.shape[:at], *indices.shape, *source.shape[at + 1 :]), element, "take")


def gather(data: Tensor, axis: int, indices: Tensor) -> Tensor:
    """The elements of `data` whose place along `axis` is that in `indices`."""
    at = normalized(axis, data.ndim, "gather")
    return _moved(indices.shape, lambda *i: data(*i[:at], indices(*i), *i[at + 1 :]), "gather")


def gather_nd(a: Tensor, indices: Tensor) -> Tensor:
    """The elements of `a` at places whose coordinates lie along the first axis of `indices`."""
    count = get_const_int(indices.shape[0])
    shape = (*indices.shape[1:], *a.shape[count:])
    inner = indices.ndim - 1

    def element(*i: Expr) -> Expr:
        return a(*(indices(axis, *i[:inner]) for axis in range(count)), *i[inner:])

    return _moved(shape, element, "gather_nd")


def one_hot(
    indices: Tensor, on_value: Any, off_value: Any, depth: int, axis: int, dtype: DType | str
) -> Tensor:
    """`on_value` where the place along the new axis is the index, otherwise `off_value`."""
    at = normalized(axis, indices.ndim + 1, "one_hot")
    on, off = (
        value.astype(dtype) if isinstance(value, Expr) else te.const(value, dtype)
        for value in (on_value, off_value)
    )
    shape = (*indices.shape[:at], te.const(depth, "int64"), *indices.shape[at:])
    return _moved(
        shape,
        lambda *i: te.if_then_else(indices(*i[:at], *i[at + 1 :]) == i[at], on, off),
        "one_hot",
    )


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: DType | str = "float32") -> Tensor:
    """The numbers from `start` (by default 0) to `stop`, without it, by `step`."""
    first, last = (0, start) if stop is None else (start, stop)
    by, low, high = (
        each.value if isinstance(each, Const) else each for each in (step, first, last)
    )
    count = max(0, math.ceil((high - low) / by))
    kind = "float32" if isinstance(low, float) or isinstance(by, float) else "int64"
    return _moved((count,), lambda i: (i.astype(kind) * by + low).astype(dtype), "arange")


def meshgrid(a_tuple: Sequence[Tensor], indexing: str) -> list[Tensor]:
    """Grids of the coordinates in vectors, as in `numpy.meshgrid`."""
    order = list(range(len(a_tuple)))
    if indexing == "xy" and len(order) > 1:
        order[:2] = [1, 0]
    shape = [a_tuple[axis].shape[0] for axis in order]

    def along(a: Tensor, at: int) -> Tensor:
        return _moved(shape, lambda *i: a(i[at]), "meshgrid")

    return [along(a, order.index(n)) for n, a in enumerate(a_tuple)]


def shape(array: Tensor, dtype: str = "int32") -> Tensor:
    """The extents of a tensor, as a tensor."""

    def element(i: Expr) -> Expr:
        value: Expr = te.const(0, "int64")
        for axis, extent in enumerate(array.shape):
            value = te.if_then_else(i == axis, extent, value)
        return value.astype(dtype)

    return _moved((array.ndim,), element, "shape")


def ndarray_size(array: Tensor, dtype: str = "int32") -> Tensor:
    """The number of elements of a tensor, as a tensor."""
    size = math.prod(array.shape, start=te.const(1, "int64"))
    return _moved((), lambda: size.astype(dtype), "size")


def sequence_mask(
    data: Tensor, valid_length: Tensor, mask_value: float = 0, axis: int = 0
) -> Tensor:
    """`data` with `mask_value` from `valid_length` on along `axis`, 0 or 1, of the other."""
    batch = 1 - axis
    return _moved(
        data.shape,
        lambda *i: te.if_then_else(
            i[axis] < valid_length(i[batch]).astype("int64"),
            data(*i),
            te.const(mask_value, data.dtype),
        ),
        "sequence_mask",
    )


def trilu(data: Tensor, k: int, upper: bool) -> Tensor:
    """The triangle of matrices above or below diagonal `k`, with zeros elsewhere."""

    def element(*i: Expr) -> Expr:
        kept = i[-1] >= i[-2] + k if upper else i[-1] <= i[-2] + k
        return te.if_then_else(kept, data(*i), te.const(0, data.dtype))

    return _moved(data.shape, element, "trilu")


def matmul(a: Tensor, b: Tensor, transp_a: bool = False, transp_b: bool = False) -> Tensor:
    """The product of two matrices, each transposed if said so."""
    if a.ndim == 3:
        return batch_matmul(a, b, "T_matmul", None, transp_a, transp_b)
    return product(a, b, None, "T_matmul", transp_a, transp_b)


def tensordot(a: Tensor, b: Tensor, axes: Any) -> Tensor:
    """The sum of products over axes of both tensors, as in `numpy.tensordot`."""
    if isinstance(axes, (int, Const)):
        count = get_const_int(axes)
        of_a, of_b = list(range(a.ndim - count, a.ndim)), list(range(count))
    else:
        of_a, of_b = ([axes[n]] if isinstance(axes[n], int) else list(axes[n]) for n in (0, 1))
    of_a = [normalized(axis, a.ndim, "tensordot") for axis in of_a]
    of_b = [normalized(axis, b.ndim, "tensordot") for axis in of_b]
    rest_a = [axis for axis in range(a.ndim) if axis not in of_a]
    rest_b = [axis for axis in range(b.ndim) if axis not in of_b]
    summed = [te.reduce_axis((0, a.shape[axis]), name=f"k{axis}") for axis in of_a]

    def element(*i: Expr) -> Expr:
        at_a = dict(zip([*rest_a, *of_a], [*i[: len(rest_a)], *summed], strict=True))
        at_b = dict(zip([*rest_b, *of_b], [*i[len(rest_a) :], *summed], strict=True))
        factors = a(*(at_a[n] for n in range(a.ndim))) * b(*(at_b[n] for n in range(b.ndim)))
        return te.sum(factors, axis=summed) if summed else factors

    extents = [*(a.shape[axis] for axis in rest_a), *(b.shape[axis] for axis in rest_b)]
    return te.compute(tuple(extents), element, name="T_tensordot")


def einsum(subscripts: str, *operand: Tensor) -> Tensor:
    """The sum of products that `subscripts` says, as in `numpy.einsum`, without ellipses."""
    inputs, _, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if "." in subscripts or [len(term) for term in terms] != [each.ndim for each in operand]:
        raise ExpressionError(
            f"expected a letter for each axis of the operands of einsum, got {subscripts!r}"
        )
    letters = "".join(terms)
    if "->" not in subscripts:
        output = "".join(sorted(each for each in set(letters) if letters.count(each) == 1))
    extents: dict[str, Expr] = {}
    for term, tensor in zip(terms, operand, strict=True):
        extents.update(zip(term, tensor.shape, strict=True))
    summed = {
        each: te.reduce_axis((0, extents[each]), name=each)
        for each in dict.fromkeys(letters)
        if each not in output
    }

    def element(*i: Expr) -> Expr:
        at: dict[str, Expr] = {**summed, **dict(zip(output, i, strict=True))}
        value: Expr | None = None
        for term, tensor in zip(terms, operand, strict=True):
            factor = tensor(*(at[each] for each in term))
            value = factor if value is None else value * factor
        assert value is not None, "there is an operand"
        return te.sum(value, axis=list(summed.values())) if summed else value

    return te.compute(tuple(extents[each] for each in output), element, name="T_einsum")


def layout_transform(
    array: Tensor, src_layout: str, dst_layout: str, schedule_rule: str = "None"
) -> Tensor:
    """`array` in another layout, such as from NCHW to NCHW16c: small letters are inner blocks."""
    source, target = blocks(src_layout), blocks(dst_layout)
    extents: dict[str, Any] = {}
    for (letter, _), extent in zip(source, array.shape, strict=True):
        key = letter.upper()
        extents[key] = extents[key] * extent if key in extents else extent
    shape = [
        te.const(size, "int64") if size else -(-extents[letter] // inner_size(target, letter))
        for letter, size in target
    ]

    def element(*i: Expr) -> Expr:
        whole: dict[str, Expr] = {}
        for (letter, size), at in sorted(zip(target, i, strict=True), key=lambda x: bool(x[0][1])):
            key = letter.upper()
            whole[key] = whole[key] * size + at if size else at
        index = []
        for letter, size in source:
            at, block = whole[letter.upper()], inner_size(source, letter.upper())
            index.append(at % size if size else at // block if block > 1 else at)
        value = array(*index)
        padded = [
            whole[letter] < extents[letter]
            for letter, size in target
            if not size and get_const_int(extents[letter]) % inner_size(target, letter)
        ]
        return (
            te.if_then_else(te.all(*padded), value, te.const(0, array.dtype)) if padded else value
        )

    return _moved(shape, element, "layout_trans")


def blocks(layout: str) -> list[tuple[str, int]]:
    """Return the letters of a layout with the size of a block, 0 for whole axes."""
    found, size = [], 0
    for each in layout:
        if each.isdigit():
            size = size * 10 + int(each)
        else:
            found.append((each, size))
            size = 0
    return found


def inner_size(layout: Sequence[tuple[str, int]], letter: str) -> int:
    """Return the size of the block of an axis, 1 without any."""
    return math.prod(size for each, size in layout if size and each.upper() == letter)
