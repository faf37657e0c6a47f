"""Reduces arrays: combines the values of a block along its reduce axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched.ir import expr as e
from autosched.ir.traverse import postorder
from autosched.te.arrays import Array, evaluate_nodes
from autosched.te.combining import operator_of
from autosched.te.tensor import Combiner

_FUNCTIONS: dict[type[e.Expr] | None, np.ufunc] = {
    e.Add: np.add, e.Mul: np.multiply, e.Min: np.minimum, e.Max: np.maximum,
}  # fmt: skip


class ArrayCombiner:
    """A combiner applied to arrays; with `wide`, in the precision of the arrays."""

    def __init__(self, combiner: Combiner, wide: bool):
        self._combiner = combiner
        self._wide = wide
        self._order = postorder(combiner.results)
        self._function = _FUNCTIONS.get(operator_of(combiner))

    def combined(self, left: Sequence[Array], right: Sequence[Array]) -> list[Array]:
        """Return the combination of two tuples of arrays, element by element."""
        combiner = self._combiner
        variables = dict(zip(combiner.left + combiner.right, (*left, *right), strict=True))
        done = evaluate_nodes(self._order, variables, {}, self._wide)
        return [done[result].array for result in combiner.results]

    def reduced(self, arrays: Sequence[Array]) -> list[Array]:
        """Combine the values along the last dimension of each array, in their order."""
        if self._function is not None:
            with np.errstate(all="ignore"):
                return [self._function.reduce(arrays[0], axis=-1, dtype=arrays[0].dtype)]
        rest = list(arrays)
        while (count := rest[0].shape[-1]) > 1:
            # Neighbours are combined, so only associativity is needed.
            pairs = count // 2 * 2
            new = self.combined(
                [array[..., 0:pairs:2] for array in rest], [array[..., 1:pairs:2] for array in rest]
            )
            rest = [
                np.concatenate((combined, array[..., pairs:]), axis=-1)
                for combined, array in zip(new, rest, strict=True)
            ]
        return [array[..., 0] for array in rest]
