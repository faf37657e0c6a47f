"""The nodes of tensor expressions: tensors, operations, reads and reductions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from autosched.errors import ExpressionError
from autosched.ir import expr_text
from autosched.ir.build import as_expr, cast, const
from autosched.ir.dtype import INDEX, DType
from autosched.ir.expr import Const, Expr, Operand, Var
from autosched.ir.expr_text import ANY, Piece, access, separated
from autosched.ir.node_types import register
from autosched.ir.operators import Operators, Whole, is_being_read
from autosched.ir.rewrite import map_expr
from autosched.ir.traverse import free_vars, walk
from autosched.te.axis import Axis


@dataclass(slots=True, eq=False)
class Operation:
    """Base of operations; `outputs` has one tensor for each value."""

    name: str
    outputs: tuple[Tensor, ...] = field(init=False, default=())

    @property
    def axis(self) -> tuple[Axis, ...]:
        return ()

    @property
    def reduce_axis(self) -> tuple[Axis, ...]:
        return ()

    @property
    def loops(self) -> tuple[Axis, ...]:
        """The axes that are loops of the operation before anything is scheduled."""
        return (*self.axis, *self.reduce_axis)

    def make_outputs(self, shape: tuple[Expr, ...], dtypes: Iterable[DType]) -> tuple[Tensor, ...]:
        """Give the operation a tensor of this shape for each dtype, and return the tensors."""
        self.outputs = tuple(Tensor(self, n, shape, dtype) for n, dtype in enumerate(dtypes))
        return self.outputs

    @property
    def num_outputs(self) -> int:
        return len(self.outputs)

    def output(self, index: int) -> Tensor:
        return self.outputs[index]

    @property
    def input_tensors(self) -> list[Tensor]:
        """The tensors that it reads, each once, in the order of their first reads."""
        return []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


Arithmetic = Callable[[str, Operand, Operand], "Tensor"]
_arithmetic: list[Arithmetic] = []


def arithmetic_of_tensors(function: Arithmetic) -> Arithmetic:
    """Register what operators of whole tensors call; it computes tensors, so it is above them."""
    _arithmetic[:] = [function]
    return function


@dataclass(slots=True, eq=False)
class Tensor(Whole):
    """Output `value_index` of `op`: elements of a scalar `dtype` in a `shape`.

    Outside of a formula, `A + B` and other arithmetic is a tensor: see `te.elementwise`.
    """

    op: Operation
    value_index: int
    shape: tuple[Expr, ...]
    dtype: DType

    @property
    def name(self) -> str:
        """The operation's name, with the index of the output if there are several."""
        if len(self.op.outputs) > 1:
            return f"{self.op.name}.v{self.value_index}"
        return self.op.name

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __getitem__(self, indices: Operand) -> Expr | TensorSlice:
        return TensorSlice(self, ())[indices]

    def __iter__(self) -> NoReturn:
        raise _not_iterable(self)  # otherwise Python would index it endlessly

    def __eq__(self, other: Operand) -> Any:
        """Return whether both are the same tensor; in a formula, compare elements."""
        if self is other or not is_being_read():
            return self is other
        return self.as_expr() == other

    def __ne__(self, other: Operand) -> Any:
        if self is other or not is_being_read():
            return self is not other
        return self.as_expr() != other

    __hash__ = object.__hash__

    def __call__(self, *indices: Operand) -> Expr:
        if len(indices) != self.ndim:
            raise _wrong_rank(self, len(indices))
        return self.read(indices)

    def elementwise(self, name: str, left: Operand, right: Operand) -> Tensor:
        return _arithmetic[0](name, left, right)

    def read(self, indices: tuple[Operand, ...]) -> Expr:
        exprs = tuple(as_expr(index) for index in indices)
        for index in exprs:
            if not index.dtype.is_integer:
                raise ExpressionError(
                    f"expected an integer index for {self.name}, got {index} of dtype {index.dtype}"
                )
        indices_64 = tuple(cast(index, INDEX) for index in exprs)
        return TensorRead(self, indices_64, self.dtype)

    def as_expr(self) -> Expr:
        """Return the only element of a tensor without dimensions; others must be indexed."""
        return self.__call__()

    def __repr__(self) -> str:
        extents = ", ".join(str(extent) for extent in self.shape)
        return f"<Tensor {self.name}[{extents}] {self.dtype}>"


@dataclass(slots=True, eq=False)
class TensorSlice(Operators):
    """A tensor with its first indices, as `A[i]` in `A[i][k]`."""

    tensor: Tensor
    indices: tuple[Operand, ...]

    def extended(self, more: tuple[Operand, ...]) -> Expr | TensorSlice:
        indices = self.indices + more
        if len(indices) > self.tensor.ndim:
            raise _wrong_rank(self.tensor, len(indices))
        if any(isinstance(index, slice) for index in indices):
            return TensorSlice(self.tensor, indices)  # a part, for a tensor intrinsic
        if len(indices) == self.tensor.ndim:
            return self.tensor.read(indices)
        return TensorSlice(self.tensor, indices)

    def __getitem__(self, indices: Operand) -> Expr | TensorSlice:
        return self.extended(indices if isinstance(indices, tuple) else (indices,))

    def __iter__(self) -> NoReturn:
        raise _not_iterable(self.tensor)

    def as_expr(self) -> Expr:
        raise _wrong_rank(self.tensor, len(self.indices))

    def __eq__(self, other: Operand) -> Any:
        return self.as_expr() == other if is_being_read() else self is other

    def __ne__(self, other: Operand) -> Any:
        return self.as_expr() != other if is_being_read() else self is not other

    __hash__ = object.__hash__


@dataclass(slots=True, eq=False, repr=False)
class TensorRead(Expr):
    """The element of `tensor` at `indices`."""

    tensor: Tensor
    indices: tuple[Expr, ...]
    dtype: DType


@dataclass(slots=True, eq=False, repr=False)
class Combiner:
    """A commutative combination of tuples: `results` are expressions of `left` and `right`.

    `identities` are the starting values, one for each component. All may also use data axes and
    sizes, the variables in `around`.
    """

    name: str
    left: tuple[Var, ...]
    right: tuple[Var, ...]
    results: tuple[Expr, ...]
    identities: tuple[Expr, ...]
    around: tuple[Var, ...] = field(init=False)

    def __post_init__(self) -> None:
        own = {*self.left, *self.right}
        used = [var for expr in (*self.results, *self.identities) for var in free_vars(expr)]
        self.around = tuple(dict.fromkeys(var for var in used if var not in own))

    def with_values(self, values: Sequence[Expr]) -> Combiner:
        """Return the combiner with other expressions in the place of the variables around it."""
        moved: dict[Expr, Expr] = dict(zip(self.around, values, strict=True))
        if all(new is old for old, new in moved.items()):
            return self
        results, identities = (
            tuple(map_expr(expr, None, moved) for expr in exprs)
            for exprs in (self.results, self.identities)
        )
        return Combiner(self.name, self.left, self.right, results, identities)


@dataclass(slots=True, eq=False, repr=False)
class Reduce(Expr):
    """The reduction of `sources` over the points of `axes` that fulfil `condition`.

    Its value is component `value_index` of the combined tuple. It occurs only as the whole
    body of a compute. `initial`, if given, replaces the identities as starting values. Where
    `relevant` fails, a term is the identity, so that loops may leave it out or not.
    """

    combiner: Combiner
    sources: tuple[Expr, ...]
    axes: tuple[Axis, ...]
    condition: Expr
    value_index: int
    dtype: DType
    initial: tuple[Expr, ...] | None = None
    relevant: Expr = field(default_factory=lambda: const(True))

    @property
    def axis(self) -> tuple[Axis, ...]:
        """The axes, by TVM's name."""
        return self.axes


@dataclass(slots=True, eq=False, repr=False)
class PlaceholderOp(Operation):
    """An input tensor. A `constant` one has the same values at every call."""

    constant: bool = False

    @property
    def tag(self) -> str:
        """No tag: only operations that compute have one."""
        return ""


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


@dataclass(slots=True, eq=False, repr=False)
class ScanOp(Operation):
    """Tensors whose first rows are given, and whose other rows are computed from those before.

    Output `n` has the rows of `init[n]` first; at each later point `t` of `scan_axis` its row is
    that of `update[n]`. Updates read `state_placeholder[n]` for the rows of output `n` before `t`.
    """

    scan_axis: Axis
    init: tuple[Tensor, ...]
    update: tuple[Tensor, ...]
    state_placeholder: tuple[Tensor, ...]
    spatial_axes: tuple[tuple[Axis, ...], ...]
    tag: str = ""
    attrs: dict[str, object] = field(default_factory=dict)

    @property
    def loops(self) -> tuple[Axis, ...]:
        return (self.scan_axis,)

    @property
    def input_tensors(self) -> list[Tensor]:
        return [*self.init, *self.update]

    @property
    def spatial_axis_(self) -> list[Axis]:
        """The axes of all outputs after the first one, by TVM's name."""
        return [axis for axes in self.spatial_axes for axis in axes]


def _not_iterable(tensor: Tensor) -> ExpressionError:
    return ExpressionError(
        f"expected {tensor.name} to be read by indexing, got a loop over its elements",
        hint="te.compute makes a tensor from a formula of its indices",
    )


def _wrong_rank(tensor: Tensor, given: int) -> ExpressionError:
    return ExpressionError(
        f"expected {tensor.ndim} indices for {tensor.name}, got {given}",
        hint=f"its shape is ({', '.join(str(extent) for extent in tensor.shape)})",
    )


def _rebuild_reduce(node: Reduce, operands: tuple[Expr, ...]) -> Expr:
    count = len(node.sources)
    end = len(operands) - len(node.combiner.around)
    return replace(
        node,
        combiner=node.combiner.with_values(operands[end:]),
        sources=operands[:count],
        condition=operands[count],
        relevant=operands[count + 1],
        initial=None if node.initial is None else operands[count + 2 : end],
    )


register(
    TensorRead,
    lambda node: node.indices,
    lambda node, operands: TensorRead(node.tensor, operands, node.dtype),
    lambda node: (node.tensor,),
)
register(
    Reduce,
    lambda node: (
        *(*node.sources, node.condition, node.relevant),
        *(*(node.initial or ()), *node.combiner.around),
    ),
    _rebuild_reduce,
    lambda node: (node.combiner, node.axes, node.value_index, node.initial is None),
    lambda node: node.axes,
)


def _reduce_text(node: Reduce) -> list[Piece]:
    pieces: list[Piece] = [node.combiner.name, "(", *separated(node.sources)]
    pieces += [", axis=[", *separated(node.axes), "]"]
    if not (type(node.condition) is Const and node.condition.value):
        pieces += [", where=", (node.condition, ANY)]
    if not (type(node.relevant) is Const and node.relevant.value):
        pieces += [", relevant=", (node.relevant, ANY)]
    if node.initial is not None:
        pieces += [", init=", *separated(node.initial)]
    index = f"[{node.value_index}]" if len(node.sources) > 1 else ""
    return [*pieces, ")" + index]


expr_text.register(TensorRead, lambda node: access(node.tensor.name, node.indices, None))
expr_text.register(Reduce, _reduce_text)
