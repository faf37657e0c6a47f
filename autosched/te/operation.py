"""Operations: placeholders, and computations of one value per point."""

from __future__ import annotations

from dataclasses import dataclass, field

from autosched.ir.dtype import DType
from autosched.ir.expr import Expr, Var
from autosched.ir.node_types import register
from autosched.ir.traverse import walk
from autosched.te.axis import Axis
from autosched.te.tensor import Operation, Tensor, TensorRead


@dataclass(slots=True, eq=False, repr=False)
class Combiner:
    """A commutative combination of tuples: `results` are expressions of `left` and `right`.

    `identities` are the starting values, one for each component.
    """

    name: str
    left: tuple[Var, ...]
    right: tuple[Var, ...]
    results: tuple[Expr, ...]
    identities: tuple[Expr, ...]


@dataclass(slots=True, eq=False, repr=False)
class Reduce(Expr):
    """The reduction of `sources` over the points of `axes` that fulfil `condition`.

    Its value is component `value_index` of the combined tuple. It occurs only as the whole
    body of a compute. `initial`, if given, replaces the identities as starting values.
    """

    combiner: Combiner
    sources: tuple[Expr, ...]
    axes: tuple[Axis, ...]
    condition: Expr
    value_index: int
    dtype: DType
    initial: tuple[Expr, ...] | None = None


@dataclass(slots=True, eq=False, repr=False)
class PlaceholderOp(Operation):
    """An input tensor. A `constant` one has the same values at every call."""

    constant: bool = False


@dataclass(slots=True, eq=False, repr=False)
class ComputeOp(Operation):
    """A computation of one value per output at each point of `axes`.

    Either all bodies are Reduce nodes or none is.
    """

    axes: tuple[Axis, ...]
    bodies: tuple[Expr, ...]
    tag: str = ""
    attrs: dict[str, object] = field(default_factory=dict)
    _reads: tuple[TensorRead, ...] | None = field(default=None, init=False)

    @property
    def axis(self) -> tuple[Axis, ...]:
        return self.axes

    @property
    def reduce_axis(self) -> tuple[Axis, ...]:
        body = self.bodies[0]
        return body.axes if type(body) is Reduce else ()

    @property
    def body(self) -> tuple[Expr, ...]:
        return self.bodies

    @property
    def reads(self) -> tuple[TensorRead, ...]:
        """The reads of tensors in the bodies, in order; a node that occurs twice is listed once."""
        if self._reads is None:
            nodes = (node for body in self.bodies for node in walk(body))
            self._reads = tuple(dict.fromkeys(n for n in nodes if type(n) is TensorRead))
        return self._reads

    @property
    def input_tensors(self) -> list[Tensor]:
        return list(dict.fromkeys(read.tensor for read in self.reads))


def _reduce_children(node: Reduce) -> tuple[Expr, ...]:
    return (*node.sources, node.condition, *(node.initial or ()))


def _rebuild_reduce(node: Reduce, operands: tuple[Expr, ...]) -> Expr:
    count = len(node.sources)
    initial = None if node.initial is None else operands[count + 1 :]
    return Reduce(
        node.combiner,
        operands[:count],
        node.axes,
        operands[count],
        node.value_index,
        node.dtype,
        initial,
    )


register(
    Reduce,
    _reduce_children,
    _rebuild_reduce,
    lambda node: (node.combiner, node.axes, node.value_index, node.initial is None),
    lambda node: node.axes,
)
