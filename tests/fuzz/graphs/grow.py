"""Growing a graph: inputs, then one stage after the other, each reading what there is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import Any

from autosched import te
from tests.fuzz.graphs.draws import Draws
from tests.fuzz.graphs.formulas import chosen, place
from tests.fuzz.graphs.graph import Graph, Node
from tests.fuzz.graphs.indices import Along, Dim
from tests.fuzz.graphs.reading import Reader, facts
from tests.fuzz.graphs.values import (
    BITS,
    KINDS,
    Value,
    added,
    clipped,
    converted,
    merged,
    multiplied,
    safe,
    zero,
)

NAMES = ("A", "B", "i", "k")
AXES = ("i", "j", "k", "A")
EXTENTS = (1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 16, 17, 19, 24, 31)
POINTS = 1500
"""About as many points as a stage computes, and an input has."""

SUMMED = 6000
"""About as many points as a stage adds up, all elements together."""


def grown(draw: Draws) -> Graph:
    """A graph of a few stages."""
    return _Grower(draw).graph()


class _Grower(Reader):
    def __init__(self, draw: Draws):
        super().__init__(draw)
        self.sizes: dict[Any, int] = {}
        self.dims = [self.dim(name) for name in ("m", "n", "p")]

    def graph(self) -> Graph:
        for _ in range(1 + self.draw(3)):
            self.input()
        stages = 1 + self.draw(5)
        for _ in range(stages):
            makers = (
                *(self.elementwise,) * 3,
                *(self.reduction,) * 2,
                *(self.contraction,) * 3,
                *(self.padded, self.several, self.tuples, self.whole),
            )
            makers[self.draw(len(makers))]()
        outputs = self.outputs()
        return Graph(outputs, self.sizes, {node.tensor: node for node in self.nodes})

    def outputs(self) -> list[te.Tensor]:
        """The last stage, some that others read, and the other tensors of their operations."""
        computed = [node.tensor for node in self.nodes if isinstance(node.tensor.op, te.ComputeOp)]
        chosen_ops = {computed[-1].op: None}
        for tensor in computed:
            if not self.draw(4):
                chosen_ops[tensor.op] = None
        ordered = [op for op in dict.fromkeys(t.op for t in computed) if op in chosen_ops]
        return [tensor for op in ordered for tensor in op.outputs]

    def dim(self, name: str) -> Dim:
        value = EXTENTS[self.draw(len(EXTENTS))]
        if self.draw(6):
            return Dim(value, value)
        size = te.var(name)
        self.sizes[size] = value
        return Dim(size, value)

    def name(self) -> str:
        return NAMES[self.draw(len(NAMES))]

    def shape(self, least: int = 0, most: int = 3) -> tuple[Dim, ...]:
        dims: list[Dim] = []
        for _ in range(least + self.draw(most - least + 1)):
            dim = self.one_of(self.dims)
            if prod(each.value for each in (*dims, dim)) <= POINTS:
                dims.append(dim)
        return tuple(dims)

    def input(self) -> None:
        dims = self.shape()
        kind = self.one_of(KINDS)
        quantum = (0, 0, 0, -3, 2, -8, 20)[self.draw(7)] if kind != "float16" else 0
        units = (3, 3, 3, 1, 100)[self.draw(5)]
        known = Value(None, kind, quantum, units, kind in BITS and not self.draw(8))
        shape = tuple(dim.expr for dim in dims)
        constant = not self.draw(6)
        tensor = te.placeholder(shape, kind, name=self.name(), constant=constant)
        self.nodes.append(Node(tensor, dims, known))

    def compute(self, dims: tuple[Dim, ...], body: Callable[[list[Along]], Any]) -> Any:
        """The tensor, or the list of them, of a body that gets axes with names."""
        start = self.draw(len(AXES))
        names = [AXES[(start + place) % len(AXES)] for place in range(len(dims))]

        def function(*axes: Any) -> Any:
            return body([Along(axis, dim) for axis, dim in zip(axes, dims, strict=True)])

        positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [inspect.Parameter(name, positional) for name in names]
        function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return te.compute(tuple(dim.expr for dim in dims), function, name=self.name())

    def add(self, dims: tuple[Dim, ...], body: Callable[[list[Along]], Value]) -> None:
        """A stage of one value."""
        known: list[Value] = []

        def value(axes: list[Along]) -> Any:
            known.append(body(axes))
            return known[0].expr

        tensor = self.compute(dims, value)
        self.nodes.append(Node(tensor, dims, known[0]))

    def elementwise(self) -> None:
        self.add(self.shape(), lambda axes: self.formula(axes, 1 + self.draw(3)))

    def several(self) -> None:
        """Two or three values of one shape."""
        dims, known = self.shape(), []

        def values(axes: list[Along]) -> Any:
            known.extend(self.formula(axes, 1 + self.draw(2)) for _ in range(2 + self.draw(2)))
            return tuple(each.expr for each in known)

        tensors = self.compute(dims, values)
        for tensor, each in zip(tensors, known, strict=True):
            self.nodes.append(Node(tensor, dims, each))

    def padded(self) -> None:
        """A tensor with a border, or a part of it, or moved."""
        node = self.recent()
        if not node.dims:
            self.elementwise()
            return
        dims = tuple(Dim(dim.expr + extra, dim.value + extra) for dim in node.dims
                     for extra in (self.draw(5),))  # fmt: skip
        if prod(dim.value for dim in dims) > 2 * POINTS:
            dims = node.dims
        shift = self.draw(3)

        def body(axes: list[Along]) -> Value:
            places = [each.axis - shift for each in axes]
            inside = te.all(*(
                te.all(at >= 0, at < dim.expr) for at, dim in zip(places, node.dims, strict=True)
            ))  # fmt: skip
            x = Value(node.tensor(*places), *facts(node.known))
            other = zero(x)
            return merged(te.if_then_else(inside, x.expr, other.expr), x, other)

        self.dims += [dim for dim in dims if dim not in self.dims][:1]
        self.add(dims, body)

    def reduce_axes(self, dims: tuple[Dim, ...], most: int) -> list[Along]:
        points = prod(dim.value for dim in dims)
        found: list[Along] = []
        for _ in range(1 + self.draw(most)):
            dim = self.one_of(self.dims)
            if points * dim.value > SUMMED and found:
                continue
            points *= dim.value
            start = self.draw(3) if not self.draw(10) and dim.value > 3 else 0
            name = self.one_of(AXES) if self.draw(4) else "rv"
            axis = te.reduce_axis((start, dim.expr), name=name)
            found.append(Along(axis, dim))
        return found

    def reduced(self, x: Value, over: list[Along], axes: list[Along]) -> Value:
        """A reduction of a value, at times under a condition or from a starting value."""
        draw = self.draw
        if x.kind == "bool":
            x = converted(x, "int32")
        reduce = [each.axis for each in over]
        count = prod(each.dim.value for each in over)
        condition = self.condition(axes, over) if x.exact and not draw(6) else None
        start = self.start(x, axes) if x.exact and not draw(8) else None
        total = replace(x, units=x.units * count + 1, most=x.most * count)
        how = draw(5)
        if how == 1 and not x.is_float:
            return replace(x, expr=te.prod(x.expr, reduce, condition, start))
        if how == 0 or (x.is_float and not total.fits()):
            expr = (te.max, te.min)[draw(2)](x.expr, reduce, condition, start)
            return replace(x, expr=expr, special=x.special or condition is not None)
        return replace(total, expr=te.sum(x.expr, reduce, condition, start))

    def reduction(self) -> None:
        """Rows, columns, windows or all of something reduced."""
        dims = self.shape(most=2)
        over = self.reduce_axes(dims, 2)

        def body(axes: list[Along]) -> Value:
            x = self.formula([*axes, *over], 1 + self.draw(2), straight=bool(self.draw(2)))
            return self.reduced(x, over, axes)

        self.add(dims, body)

    def whole(self) -> None:
        """One number of all of a tensor."""
        node = self.recent()
        if not node.dims:
            self.elementwise()
            return
        over = [
            Along(te.reduce_axis((0, dim.expr), name=self.one_of(AXES)), dim) for dim in node.dims
        ]
        read = Value(node.tensor(*(each.axis for each in over)), *facts(node.known))
        self.add((), lambda axes: self.reduced(read, over, axes))

    def contraction(self) -> None:
        """A sum of products of two or three operands, which may be one and the same."""
        dims = self.shape(1, 3)
        over = self.reduce_axes(dims, 2)

        def body(axes: list[Along]) -> Value:
            nodes = [node for node in self.nodes if node.dims] or self.nodes
            first = self.one_of(nodes[-4:])
            second = first if not self.draw(3) else self.one_of(nodes)
            every = [*axes, *over]
            x, y = (self.read(self.some(every), node, True) for node in (first, second))
            if x.kind == "bool":
                x = converted(x, "float32")
            if x.kind in ("int8", "uint8", "int16") and self.draw(2):
                x = converted(x, "int32")
            y = converted(y, x.kind)
            product = safe(multiplied(x, y))
            if not self.draw(5):
                difference = safe(added(x, y, -1) if x.exact and y.exact else added(x, y))
                product = safe(multiplied(difference, difference))
            if product.is_float and product.exact:
                count = prod(each.dim.value for each in over)
                total = replace(product, units=product.units * count + 1)
                product = product if total.fits() else clipped(product, 1)
            if not self.draw(4):
                mask = place(self.draw, every, x.kind)
                product = safe(chosen(self.draw, product, mask, every))
            return self.reduced(product, over, axes)

        self.add(dims, body)

    def some(self, axes: list[Along]) -> list[Along]:
        """Axes in an order of their own, so that operands go along with different ones."""
        start = self.draw(len(axes))
        return [*axes[start:], *axes[:start]]

    def tuples(self) -> None:
        """The greatest value and where it stands, or a sum and a greatest value."""
        dims = self.shape(most=2)
        over = self.reduce_axes(dims, 1)
        known: list[Value] = []
        which = self.draw(2)

        def body(axes: list[Along]) -> Any:
            x = self.read([*axes, *over], straight=True)
            if x.kind == "bool" or x.special or not x.exact:
                x = Value((over[0].axis * 3 % 7).astype("int32"), "int32")
            axis = over[0].axis
            if which:
                known.extend(
                    (Value(None, "int64"), Value(None, x.kind, x.quantum, x.units, x.is_float))
                )
                return _argmax((axis, x.expr), axis=[each.axis for each in over])
            y = converted(x, "int32")
            known.extend(
                (Value(None, "int32"), Value(None, x.kind, x.quantum, x.units, x.is_float))
            )
            return _sum_and_least((y.expr, x.expr), axis=[each.axis for each in over])

        tensors = self.compute(dims, body)
        for tensor, each in zip(tensors, known, strict=True):
            self.nodes.append(Node(tensor, dims, each))


def _larger(x: Any, y: Any) -> Any:
    left = te.any(x[1] > y[1], te.all(x[1].equal(y[1]), x[0] <= y[0]))
    return te.if_then_else(left, x[0], y[0]), te.if_then_else(left, x[1], y[1])


_argmax = te.comm_reducer(
    _larger, lambda at, value: (te.const(1 << 40, at), te.min_value(value)), name="argmax"
)
_sum_and_least = te.comm_reducer(
    lambda x, y: (x[0] + y[0], te.minimum(x[1], y[1])),
    lambda total, least: (te.const(0, total), te.max_value(least)),
    name="sum_and_least",
)
