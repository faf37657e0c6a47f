"""The operations: placeholders, and computations of one value per point."""

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
    """A commutative reduction of tuples: `results` combines `left` and `right`.

    `identities` are the starting values, one per component.
    """

    name: str
    left: tuple[Var, ...]
    right: tuple[Var, ...]
    results: tuple[Expr, ...]
    identities: tuple[Expr, ...]


@dataclass(slots=True, eq=False, repr=False)
class Reduce(Expr):
    """Component `value_index` of `combiner` over `axes`, of `sources`, where `condition` holds.

    Stands only at the top of a compute body. `initial`, where given, replaces the
    combiner's identities as the starting values.
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
    """A tensor the caller gives. A `constant` one holds the same values at every call."""

    constant: bool = False


@dataclass(slots=True, eq=False, repr=False)
class ComputeOp(Operation):
    """One value per output at each point of `axes`; the bodies are all Reduce or all not."""

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
        """Every read of a tensor in the bodies, in order; one shared by several places once."""
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
