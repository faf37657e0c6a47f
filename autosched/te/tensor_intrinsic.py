"""Tensor intrinsics: formulas, and the statements by which a machine computes them.

    a = te.placeholder((64,), name="a")
    b = te.placeholder((16, 64), name="b")
    k = te.reduce_axis((0, 64), name="k")
    c = te.compute((16,), lambda i: te.sum(a[k] * b[i, k], axis=k), name="c")

    def call(ins, outs):
        return CallExternal("gemv", (outs[0], *ins), "c")

    gemv = te.decl_tensor_intrin(c.op, call, name="gemv")
    s[C].tensorize(yi, gemv)

The formula is the meaning: a schedule puts an intrinsic only in the place of loops that compute
the same, and the interpreter runs these loops.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from autosched.errors import ExpressionError
from autosched.ir.build import add, as_expr
from autosched.ir.expr import Buffer, Const, Expr
from autosched.ir.rewrite import map_expr
from autosched.ir.stmt import Stmt
from autosched.te.axis import Axis
from autosched.te.tensor import (
    ComputeOp,
    Operation,
    PlaceholderOp,
    Reduce,
    Tensor,
    TensorRead,
    TensorSlice,
)

Parts = tuple[Stmt, Stmt | None, Stmt | None]
"""The statements of an intrinsic: body, reset and update."""


@dataclass(slots=True, eq=False, repr=False)
class TensorIntrinsic:
    """The statements that compute `op` over `buffers`, one for each input and output of `op`.

    `body` computes the outputs. Of a reduction, `reset` stores what it starts with, and `update`
    combines the points of `op` into it; both are None if there is no such statement. A stride of
    a buffer that is a variable takes any value, which the statements may use; others must have
    this value, and without strides a buffer is dense. The offset of the first element of a buffer
    in its tensor is a multiple of the number in `alignments`.
    """

    name: str
    op: ComputeOp
    buffers: Mapping[Tensor, Buffer]
    body: Stmt
    reset: Stmt | None = None
    update: Stmt | None = None
    alignments: Mapping[Tensor, int] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents of the loops that it computes."""
        axes = (*self.op.axis, *self.op.reduce_axis)
        return tuple(int(axis.extent) for axis in axes)  # type: ignore[call-overload]

    @property
    def reduce_init(self) -> Stmt | None:
        """The reset, by TVM's name."""
        return self.reset

    @property
    def reduce_update(self) -> Stmt | None:
        """The update, by TVM's name."""
        return self.update

    def __repr__(self) -> str:
        return repr(self.name)

    def __call__(
        self, *parts: TensorSlice | Tensor, reduce_axis: Axis | Sequence[Axis] = ()
    ) -> Applied:
        """Return the intrinsic applied to parts of tensors, such as `A[i, 0:16]`, as inputs.

        A reduction is also over the given axes.
        """
        more = (reduce_axis,) if isinstance(reduce_axis, Axis) else tuple(reduce_axis)
        return Applied(self, parts, more)


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    """A tensor intrinsic whose inputs are `parts` of tensors; it also reduces over `axes`."""

    intrinsic: TensorIntrinsic
    parts: tuple[TensorSlice | Tensor, ...]
    axes: tuple[Axis, ...]

    def element(self, point: Sequence[Axis]) -> Expr:
        """Return the value at a point of the axes of the intrinsic. Raises ExpressionError."""
        op = self.intrinsic.op
        values: dict[Axis, Axis] = dict(zip(op.axis, point, strict=True))
        own = tuple(replace(axis) for axis in op.reduce_axis)
        values |= zip(op.reduce_axis, own, strict=True)
        sources = dict(zip(op.input_tensors, self.parts, strict=True))

        def read(node: Expr) -> Expr:
            if not isinstance(node, TensorRead):
                return node
            return _within(sources[node.tensor], node.indices)

        body = map_expr(op.bodies[0], read, dict(values.items()))
        if isinstance(body, Reduce):
            return replace(body, axes=(*self.axes, *own))
        return body


def _within(part: TensorSlice | Tensor, point: Sequence[Expr]) -> Expr:
    """Return the element of a part of a tensor."""
    if isinstance(part, Tensor):
        return part.read(tuple(point))
    rest = iter(point)
    given = (*part.indices, *[slice(None)] * (part.tensor.ndim - len(part.indices)))
    indices = [
        add(as_expr(each.start or 0), next(rest)) if isinstance(each, slice) else each
        for each in given
    ]
    return part.tensor.read(tuple(indices))


_declared: dict[str, TensorIntrinsic] = {}


def declared(name: str) -> TensorIntrinsic | None:
    """Return the tensor intrinsic with a name, as traces have it, or None."""
    return _declared.get(name)


def decl_tensor_intrin(
    op: Operation,
    fcompute: Callable[[list[Buffer], list[Buffer]], Stmt | Sequence[Stmt | None]],
    name: str = "tensor_intrin",
    binds: Mapping[Tensor, Buffer] | None = None,
    alignments: Mapping[Tensor, int] | None = None,
) -> TensorIntrinsic:
    """Declare the intrinsic that computes `op`, a computation of placeholders alone.

    `fcompute(ins, outs)` returns the statement over the buffers of the inputs and outputs, or
    body, reset and update. `binds` are the buffers of some tensors, with the shapes of these; the
    others are dense. The name gets a suffix that tells it from other intrinsics, by which a trace
    names it. Raises ExpressionError if `op` reads what is computed, or has sizes that are not
    constant.
    """
    if not isinstance(op, ComputeOp):
        raise ExpressionError(f"expected a computation as the meaning of {name}, got {op!r}")
    _check(op, name)
    given = dict(binds or {})
    tensors = (*op.input_tensors, *op.outputs)
    buffers = {t: given.get(t) or Buffer(t.op.name, t.shape, t.dtype) for t in tensors}
    ins = [buffers[tensor] for tensor in op.input_tensors]
    outs = [buffers[tensor] for tensor in op.outputs]
    made = fcompute(ins, outs)
    body, reset, update = _parts(made, name)
    about: list[object] = [op.bodies, *buffers.values(), body, reset, update]
    factors = [(alignments or {}).get(tensor, 1) for tensor in tensors]
    if max(factors) > 1:
        about.append(factors)
    digest = hashlib.sha256("\n".join(map(_text, about)).encode()).hexdigest()[:8]
    return declare(
        TensorIntrinsic(
            f"{name}.{digest}", op, buffers, body, reset, update, dict(alignments or {})
        )
    )


def declare(intrinsic: TensorIntrinsic) -> TensorIntrinsic:
    """Let traces name an intrinsic, and return it."""
    _declared[intrinsic.name] = intrinsic
    return intrinsic


def _check(op: ComputeOp, name: str) -> None:
    for tensor in op.input_tensors:
        if not isinstance(tensor.op, PlaceholderOp):
            raise ExpressionError(
                f"expected {name} to read placeholders only, got {tensor.name}, which is computed"
            )
    for axis in (*op.axis, *op.reduce_axis):
        if type(axis.extent) is not Const:
            raise ExpressionError(
                f"expected constant extents of {name}, got {axis.name} of extent {axis.extent}"
            )


def _parts(made: object, name: str) -> Parts:
    parts = tuple(made) if isinstance(made, (list, tuple)) else (made,)
    is_right = len(parts) in (1, 2, 3) and isinstance(parts[0], Stmt)
    if not is_right or not all(part is None or isinstance(part, Stmt) for part in parts):
        raise ExpressionError(
            f"expected a statement, or body, reset and update, of {name}, got {made!r}"
        )
    return (*parts, None, None)[:3]


def _text(part: object) -> str:
    if isinstance(part, Buffer):
        return f"{part!r} {part.strides and [str(stride) for stride in part.strides]}"
    return ", ".join(map(str, part)) if isinstance(part, tuple) else str(part)
