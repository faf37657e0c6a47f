"""Evaluates and reduces expressions over a block of an index space, as NumPy arrays.

Every axis of the block is one dimension, and an expression that does not use an axis has extent
1 there. A bfloat16 is stored as its bits in uint16 and computed as a rounded float32. The
values may have a mask of the points without a value: a read outside its tensor, or an integer
division by zero. A `Select` that does not take the value there removes the mask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autosched.errors import not_offered
from autosched.ir import expr as e
from autosched.ir.dtype import DType
from autosched.ir.intrinsics import INTRINSICS
from autosched.ir.rounding import round_to, truncated
from autosched.ir.traverse import children, postorder
from autosched.runtime.registry import scalar_of_c
from autosched.te.bounds import reads_data
from autosched.te.combining import operator_of
from autosched.te.tensor import Combiner, Tensor, TensorRead

Array = np.ndarray

NOTHING: Mapping[e.Var, Array] = {}


@dataclass(frozen=True, slots=True)
class Values:
    """The array of an expression, and the mask of points without a value (None if all have one)."""

    array: Array
    missing: Array | None = None


def from_storage(array: Array, dtype: DType) -> Array:
    """Return an array of a tensor's memory as values: bfloat16 bits become float32."""
    if dtype.kind != "bfloat":
        return array
    return (array.astype(np.uint32) << 16).view(np.float32)


def to_storage(array: Array, dtype: DType) -> Array:
    """Return values as an array of a tensor's memory, rounded to the dtype."""
    if dtype.kind != "bfloat":
        return np.asarray(array).astype(dtype.numpy)
    rounded = np.ascontiguousarray(round_to(array, dtype))
    return (rounded.view(np.uint32) >> 16).astype(np.uint16).reshape(np.shape(array))


def evaluate_nodes(
    order: Sequence[e.Expr],
    variables: Mapping[e.Var, Array],
    tensors: Mapping[Tensor, Array],
    wide: bool = False,
    clamp: bool = False,
) -> dict[e.Expr, Values]:
    """Return the values of the nodes over the block that `variables` span.

    `order` has operands before the nodes that use them. With `wide`, float results keep the
    precision of the operands' arrays. With `clamp`, a read outside its tensor at an index from
    data gives the nearest element.
    """
    done: dict[e.Expr, Values] = {}
    with np.errstate(all="ignore"):
        for node in order:
            if isinstance(node, e.Var):
                done[node] = Values(variables[node])
            elif isinstance(node, TensorRead):
                done[node] = _read(node, [done[index] for index in node.indices], tensors, clamp)
            else:
                values = _operation(node, [done[child] for child in children(node)])
                if not (wide and node.dtype.is_float):
                    values = Values(round_to(values.array, node.dtype), values.missing)
                done[node] = values
    return done


def either(*masks: Array | None) -> Array | None:
    """Return the mask of the points where at least one mask holds; None if all are None."""
    result: Array | None = None
    for mask in masks:
        if mask is not None:
            result = mask if result is None else result | mask
    return result


def _operation(node: e.Expr, operands: list[Values]) -> Values:
    arrays = [operand.array for operand in operands]
    missing = either(*(operand.missing for operand in operands))
    match node:
        case e.Const(value, dtype):
            return Values(
                np.asarray(value, dtype=np.float32 if dtype.kind == "bfloat" else dtype.numpy)
            )
        case e.Select():
            return _select(*operands)
        case e.Cast(_, dtype):
            return Values(_cast(arrays[0], dtype), missing)
        case e.Call(name, _, _):
            return Values(np.asarray(INTRINSICS[name].meaning(*arrays)), missing)
        case e.OutsideCall(name, args, dtype, "c"):
            function = scalar_of_c(name, tuple(arg.dtype.name for arg in args), dtype.name)
            return Values(np.vectorize(function, otypes=[dtype.numpy])(*arrays), missing)
        case e.OutsideCall(name):
            raise not_offered(f"the values of {name}, an intrinsic of LLVM, without a kernel")
        case e.FloorDiv() | e.FloorMod() if node.dtype.is_integer:
            zero = arrays[1] == 0
            if np.any(zero):
                missing = either(missing, np.asarray(zero))
    return Values(np.asarray(_FUNCTIONS[type(node)](*arrays)), missing)


def _select(condition: Values, then: Values, otherwise: Values) -> Values:
    holds = condition.array
    return Values(
        np.where(holds, then.array, otherwise.array),
        either(
            condition.missing,
            None if then.missing is None else then.missing & holds,
            None if otherwise.missing is None else otherwise.missing & ~holds,
        ),
    )


def _cast(array: Array, dtype: DType) -> Array:
    if dtype.is_bool:
        return array != 0
    if dtype.is_integer and np.issubdtype(array.dtype, np.floating):
        return truncated(array, dtype)
    return round_to(array, dtype)


def _read(
    node: TensorRead, indices: list[Values], tensors: Mapping[Tensor, Array], clamp: bool
) -> Values:
    array = tensors[node.tensor]
    missing = either(*(index.missing for index in indices))
    places = []
    for expr, index, extent in zip(node.indices, indices, array.shape, strict=True):
        outside = (index.array < 0) | (index.array >= extent)
        if np.any(outside):
            if not (clamp and reads_data(expr)):
                missing = either(missing, np.asarray(outside))
            places.append(np.clip(index.array, 0, extent - 1))
        else:
            places.append(index.array)
    return Values(np.asarray(array[tuple(places)]), missing)


def outside(
    done: Mapping[e.Expr, Values],
    tensors: Mapping[Tensor, Array],
    shape: Sequence[int],
    point: tuple[int, ...],
) -> list[str]:
    """Return the indices outside their tensors at a point of a block of `shape`, as text."""
    found: dict[str, None] = {}
    for node in done:
        if isinstance(node, TensorRead):
            extents = tensors[node.tensor].shape
            for dimension, (index, extent) in enumerate(zip(node.indices, extents, strict=True)):
                value = int(np.broadcast_to(done[index].array, shape)[point])
                if not 0 <= value < extent:
                    name = node.tensor.name
                    found[f"{value} in dimension {dimension} of {name}, of extent {extent},"] = None
    return list(found)


_FUNCTIONS: dict[type[e.Expr] | None, np.ufunc] = {
    e.Add: np.add, e.Sub: np.subtract, e.Mul: np.multiply, e.Div: np.divide,
    e.FloorDiv: np.floor_divide, e.FloorMod: np.mod, e.Min: np.minimum, e.Max: np.maximum,
    e.BitAnd: np.bitwise_and, e.BitOr: np.bitwise_or, e.BitXor: np.bitwise_xor,
    e.ShiftLeft: np.left_shift, e.ShiftRight: np.right_shift,
    e.Eq: np.equal, e.Ne: np.not_equal, e.Lt: np.less, e.Le: np.less_equal,
    e.And: np.logical_and, e.Or: np.logical_or, e.Not: np.logical_not,
}  # fmt: skip


class ArrayCombiner:
    """A combiner applied to arrays; with `wide`, in the precision of the arrays.

    The methods take the values of the variables around it, which have no more dimensions than the
    results: they are the same for all values that are reduced together.
    """

    def __init__(self, combiner: Combiner, wide: bool):
        self._combiner = combiner
        self._wide = wide
        self._order = postorder(combiner.results)
        self._function = _FUNCTIONS.get(operator_of(combiner))

    def combined(
        self, left: Sequence[Array], right: Sequence[Array], around: Mapping[e.Var, Array] = NOTHING
    ) -> list[Array]:
        """Return the combination of two tuples of arrays, element by element."""
        combiner = self._combiner
        variables = dict(zip(combiner.left + combiner.right, (*left, *right), strict=True))
        variables |= {var: around[var] for var in combiner.around}
        done = evaluate_nodes(self._order, variables, {}, self._wide)
        return [done[result].array for result in combiner.results]

    def reduced(
        self, arrays: Sequence[Array], around: Mapping[e.Var, Array] = NOTHING
    ) -> list[Array]:
        """Combine the values along the last dimension of each array, in their order."""
        if self._function is not None:
            with np.errstate(all="ignore"):
                return [self._function.reduce(arrays[0], axis=-1, dtype=arrays[0].dtype)]
        rest = list(arrays)
        wider = {var: around[var][..., np.newaxis] for var in self._combiner.around}
        while (count := rest[0].shape[-1]) > 1:
            # Neighbours are combined, so only associativity is needed.
            pairs = count // 2 * 2
            new = self.combined(
                [array[..., 0:pairs:2] for array in rest],
                [array[..., 1:pairs:2] for array in rest],
                wider,
            )
            rest = [
                np.concatenate((combined, array[..., pairs:]), axis=-1)
                for combined, array in zip(new, rest, strict=True)
            ]
        return [array[..., 0] for array in rest]
