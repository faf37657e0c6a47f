"""Operations: what makes a tensor."""

from __future__ import annotations

from dataclasses import dataclass, field

from autosched.ir.dtype import DType
from autosched.ir.expr import Expr, Var
from autosched.ir.visitor import register, walk
from autosched.te.axis import Axis


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
class TensorRead(Expr):
    """The element of `tensor` at `indices`."""

    tensor: Tensor
    indices: tuple[Expr, ...]
    dtype: DType


@dataclass(slots=True, eq=False)
class Operation:
    """Base of what makes tensors; `outputs` has one tensor per value."""

    name: str
    outputs: tuple[Tensor, ...] = field(init=False, default=())

    @property
    def axis(self) -> tuple[Axis, ...]:
        return ()

    @property
    def reduce_axis(self) -> tuple[Axis, ...]:
        return ()

    def output(self, index: int) -> Tensor:
        return self.outputs[index]

    @property
    def input_tensors(self) -> list[Tensor]:
        """The tensors that are read, each once, in the order of the first reads."""
        return []

    @property
    def num_outputs(self) -> int:
        return len(self.outputs)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


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


from autosched.te.tensor import Tensor  # noqa: E402  a tensor and its operation name each other


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
register(
    TensorRead,
    lambda node: node.indices,
    lambda node, operands: TensorRead(node.tensor, operands, node.dtype),
    lambda node: (node.tensor,),
)
