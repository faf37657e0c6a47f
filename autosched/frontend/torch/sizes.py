"""Symbolic sizes of PyTorch's programs: numbers where they are known, else values of the graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autosched.errors import GraphError
from autosched.graph.graph import GraphBuilder, Value
from autosched.graph.operators import arithmetic as ar
from autosched.graph.operators.movement import Concat
from autosched.graph.operators.operator import Operator
from autosched.graph.operators.shapes import Shape
from autosched.graph.types import UNKNOWN, Size
from autosched.ir.dtype import FLOAT64, INT64

if TYPE_CHECKING:
    import sympy

Extent = int | Value
"""A number, or an array of one int64."""


class Sizes:
    """The numbers that stand for PyTorch's symbols, or the inputs that tell them at run time."""

    def __init__(self, builder: GraphBuilder, numbers: Mapping[str, int] | None = None):
        self._builder = builder
        self._numbers = dict(numbers or {})
        self._names: dict[str, str] = {}
        self._sources: dict[str, tuple[Value, int]] = {}
        self._known: dict[Any, Value] = {}

    def declare(self, name: str, shape: Iterable[Any]) -> tuple[Size, ...]:
        """The sizes of an input: numbers, symbols, and names of their own for other terms."""
        return tuple(
            size if isinstance(size := self.named(one), int) or size != UNKNOWN else f"{name}.{n}"
            for n, one in enumerate(shape)
        )

    def found_in(self, value: Value) -> None:
        """Tell that the shape of an input has the values of its symbols."""
        assert value.type is not None
        for place, size in enumerate(value.type.shape):
            if isinstance(size, str):
                self._sources.setdefault(size, (value, place))

    def named(self, size: Any) -> Size:
        """A number, the name that the user or PyTorch has for a symbol, or UNKNOWN for a term."""
        if isinstance(size, int):
            return size
        term = self._term(size)
        if term.is_Integer:
            return int(term)
        if not term.is_Symbol:
            return UNKNOWN
        if str(term) not in self._names:
            chosen = _users_name(term, size.node.shape_env)
            is_free = chosen not in self._names.values()
            self._names[str(term)] = chosen if is_free else str(term)
        return self._names[str(term)]

    def extent(self, size: Any) -> Extent:
        """A size as a number, or as a value that is computed from shapes of inputs."""
        if isinstance(size, int):
            return size
        term = self._term(size)
        return int(term) if term.is_Integer else self._value(term)

    def strides(self, fake: Any) -> list[int] | None:
        """The strides of a tensor of known sizes whose elements are not in C order, else None."""
        shape, strides = ([self.extent(n) for n in of] for of in (fake.shape, fake.stride()))
        expected: Any = 1
        for extent, stride in zip(reversed(shape), reversed(strides), strict=True):
            if extent != 1 and stride != expected:
                is_dense = 0 not in shape and 0 not in strides
                return [n for n in strides if isinstance(n, int)] if is_dense else None
            expected = expected * extent if isinstance(extent, int) else extent
        return None

    def array(self, sizes: Sequence[Extent]) -> Value:
        """The sizes as one array of int64."""
        parts: list[Value] = []
        numbers: list[int] = []
        for size in (*sizes, None):
            if isinstance(size, int):
                numbers.append(size)
                continue
            if numbers:
                parts.append(self._constant(numbers))
                numbers = []
            parts += [] if size is None else [size]
        if len(parts) == 1:
            return parts[0]
        return self._builder.add(Concat(0), *parts)[0] if parts else self._constant([])

    def _term(self, size: Any) -> sympy.Expr:
        term = size.node.expr
        known = {
            one: self._numbers[str(one)] for one in term.free_symbols if str(one) in self._numbers
        }
        return term.subs(known)

    def _constant(self, numbers: Sequence[int]) -> Value:
        return self._builder.constant(np.array(numbers, np.int64), "sizes")

    def _value(self, term: sympy.Expr) -> Value:
        if term not in self._known:
            self._known[term] = self._computed(term)
        return self._known[term]

    def _computed(self, term: sympy.Expr) -> Value:
        if term.is_Integer:
            return self._constant([int(term)])
        if term.is_Float:
            return self._builder.constant(np.array([float(term)]), "factor")
        if term.is_Symbol:
            name = self._names.get(str(term), str(term))
            if name not in self._sources:
                raise GraphError(f"expected sizes that the shapes of inputs tell, got {term}")
            value, place = self._sources[name]
            return self._builder.add(Shape(place, place + 1), value, name=name)[0]
        made = _OPERATORS.get(type(term).__name__)
        if made is None or (type(term).__name__ == "Pow" and not term.exp.is_positive):
            raise GraphError(f"expected sizes of sums, products and quotients, got {term}")
        total, *others = [self._value(part) for part in term.args]
        if not others:
            return self._builder.add(made, total, name="size")[0]
        for other in others:
            total = self._builder.add(made, total, other, name="size")[0]
        return total


def _users_name(symbol: Any, environment: Any) -> str:
    """The name of a `torch.export.Dim`, or else of the symbol."""
    names = getattr(environment, "source_name_to_debug_name", {})
    sources = getattr(environment, "var_to_sources", {}).get(symbol, ())
    return next((names[one.name] for one in sources if one.name in names), str(symbol))


_OPERATORS: dict[str, Operator] = {
    "Add": ar.Add(), "Mul": ar.Mul(), "Pow": ar.Pow(), "FloorDiv": ar.Div(),
    "CleanDiv": ar.Div(), "Mod": ar.Mod(), "PythonMod": ar.Mod(), "Max": ar.Maximum(),
    "Min": ar.Minimum(), "ToFloat": ar.Cast(FLOAT64), "FloatTrueDiv": ar.Div(),
    "TruncToInt": ar.Cast(INT64), "FloorToInt": ar.Cast(INT64),
}  # fmt: skip
"""By the names that sympy and PyTorch have; sizes are not negative, so quotients are floors."""
