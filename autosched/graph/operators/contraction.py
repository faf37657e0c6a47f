"""Sums of products."""

from __future__ import annotations

from string import ascii_letters
from typing import Any, ClassVar

import numpy as np

from autosched import te
from autosched.errors import GraphError
from autosched.graph.operators.elementwise import broadcast, chosen, element, extents
from autosched.graph.operators.operator import Array, Kind, Operator, operator, widened
from autosched.graph.types import TensorType
from autosched.ir.dtype import DType
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor


@operator("matmul")
class MatMul(Operator):
    """Products of the matrices in the last two axes, the axes before broadcast; as NumPy's.

    A vector on the left is a row, one on the right a column, and that axis is dropped again.
    `transpose_a` and `transpose_b` say that an operand's last two axes are swapped.
    `out_dtype` is what is multiplied and summed in, by default the operands' own.
    """

    kind: ClassVar[Kind] = "contraction"
    transpose_a: bool = False
    transpose_b: bool = False
    out_dtype: DType | None = None

    def infer(self, a: TensorType, b: TensorType) -> TensorType:
        if a.dtype is not b.dtype and self.out_dtype is None:
            raise GraphError(f"expected operands of one dtype for matmul, got {a} and {b}")
        if not a.rank or not b.rank:
            raise GraphError(f"expected operands of one axis or more for matmul, got {a} and {b}")
        rows, left = self._rows(a.sizes, self.transpose_a)
        right, columns = self._columns(b.sizes, self.transpose_b)
        if left != right:
            raise GraphError(f"expected matrices whose inner extents agree, got {a} and {b}")
        outer = broadcast(self.name, a.sizes[:-2], b.sizes[:-2])
        return TensorType(self.out_dtype or a.dtype, (*outer, *rows, *columns))

    def evaluate(self, a: Array, b: Array) -> Array:
        wide = a.dtype if self.out_dtype is None else self.out_dtype.numpy
        a, b = a.astype(wide, copy=False), b.astype(wide, copy=False)
        a = a.swapaxes(-1, -2) if self.transpose_a and a.ndim > 1 else a
        b = b.swapaxes(-1, -2) if self.transpose_b and b.ndim > 1 else b
        return np.matmul(a, b)

    def define(self, a: Tensor, b: Tensor) -> Tensor:
        of_a, of_b = TensorType(a.dtype, extents(a)), TensorType(b.dtype, extents(b))
        result = self.infer(of_a, of_b)
        is_row, is_column = a.ndim == 1, b.ndim == 1
        k = te.reduce_axis((0, self._rows(of_a.sizes, self.transpose_a)[1]), name="k")

        def formula(*place: Expr) -> Expr:
            outer = place[: result.rank - (not is_row) - (not is_column)]
            i: Any = None if is_row else place[len(outer)]
            j: Any = None if is_column else place[-1]
            left = [k] if is_row else [k, i] if self.transpose_a else [i, k]
            right = [k] if is_column else [j, k] if self.transpose_b else [k, j]
            return te.sum(
                _read(a, outer, left).astype(result.dtype)
                * _read(b, outer, right).astype(result.dtype),
                axis=k,
            )

        return te.compute(result.sizes, formula, name=self.name)

    @staticmethod
    def _rows(shape: tuple[int, ...], swapped: bool) -> tuple[tuple[int, ...], int]:
        if len(shape) == 1:
            return (), shape[0]
        return ((shape[-1],), shape[-2]) if swapped else ((shape[-2],), shape[-1])

    @staticmethod
    def _columns(shape: tuple[int, ...], swapped: bool) -> tuple[int, tuple[int, ...]]:
        if len(shape) == 1:
            return shape[0], ()
        return (shape[-1], (shape[-2],)) if swapped else (shape[-2], (shape[-1],))


def _read(tensor: Tensor, outer: tuple[Expr, ...], inner: list[Any]) -> Expr:
    """The element at `inner` of the matrix that broadcasts to the place `outer`."""
    count = tensor.ndim - len(inner)
    own = outer[len(outer) - count :]
    batch = [chosen(n, i) for n, i in zip(extents(tensor), own, strict=False)]
    return tensor(*batch, *inner)


@operator("einsum")
class Einsum(Operator):
    """Einstein's summation, as `numpy.einsum`; letters are axes, and `...` those that broadcast."""

    kind: ClassVar[Kind] = "contraction"
    equation: str = ""

    def infer(self, *xs: TensorType) -> TensorType:
        terms, result = self._terms([x.rank for x in xs])
        extent = self._extents(terms, [x.sizes for x in xs])
        return xs[0].with_shape(*(extent[letter] for letter in result))

    def evaluate(self, *xs: Array) -> Array:
        return np.asarray(np.einsum(self.equation.replace(" ", ""), *xs))

    def define(self, *xs: Tensor) -> Tensor:
        terms, result = self._terms([x.ndim for x in xs])
        extent = self._extents(terms, [extents(x) for x in xs])
        inner = {
            letter: te.reduce_axis((0, extent[letter]), name=letter)
            for letter in dict.fromkeys("".join(terms))
            if letter not in result
        }

        def formula(*place: Expr) -> Expr:
            at: dict[str, Any] = {**inner, **dict(zip(result, place, strict=True))}
            product: Any = None
            for x, term in zip(xs, terms, strict=True):
                factor = element(x, [at[letter] for letter in term])
                product = factor if product is None else product * factor
            return te.sum(product, axis=list(inner.values())) if inner else product

        return te.compute(tuple(extent[letter] for letter in result), formula, name=self.name)

    def _terms(self, ranks: list[int]) -> tuple[list[str], str]:
        """The letters of each operand and of the result; `...` is letters too, the last ones."""
        left, arrow, result = self.equation.replace(" ", "").partition("->")
        terms = left.split(",")
        if len(terms) != len(ranks):
            raise GraphError(f"expected an equation of {len(ranks)} terms, got {self.equation!r}")
        if not arrow:
            once = "".join(sorted(c for c in set(left) - {",", "."} if left.count(c) == 1))
            result = "..." * ("..." in left) + once
        counts = [
            max(0, rank - len(term) + 3) * ("..." in term)
            for rank, term in zip(ranks, terms, strict=True)
        ]
        most = max(counts)
        free = "".join(c for c in ascii_letters if c not in self.equation)[:most]
        spelled = [
            term.replace("...", free[most - count :])
            for term, count in zip(terms, counts, strict=True)
        ]
        return spelled, result.replace("...", free)

    def _extents(self, terms: list[str], shapes: list[tuple[int, ...]]) -> dict[str, int]:
        found: dict[str, int] = {}
        for term, shape in zip(terms, shapes, strict=True):
            if len(term) != len(shape):
                raise GraphError(f"expected {len(term)} axes for {term!r}, got {list(shape)}")
            for letter, size in zip(term, shape, strict=True):
                if found.setdefault(letter, size) != size:
                    if 1 not in (found[letter], size):
                        raise GraphError(
                            f"expected one extent of {letter} in {self.equation!r}, got "
                            f"{found[letter]} and {size}"
                        )
                    found[letter] = max(found[letter], size)
        return found


@operator("det")
class Det(Operator):
    """The determinants of the square matrices in the last two axes."""

    def infer(self, x: TensorType) -> TensorType:
        if x.rank < 2 or x.shape[-1] != x.shape[-2]:
            raise GraphError(f"expected square matrices for {self.name}, got {x}")
        return x.with_shape(*x.shape[:-2])

    def evaluate(self, x: Array) -> Array:
        wide = widened(x)
        return np.asarray(np.linalg.det(wide)).astype(x.dtype)
