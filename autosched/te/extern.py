"""Operations that are computed by statements over whole buffers, or by functions outside.

Their inputs are computed whole before them. A schedule leaves their statements as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autosched.errors import ExpressionError
from autosched.ir.dtype import DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Buffer
from autosched.ir.stmt import Stmt
from autosched.te.construct import checked_shape
from autosched.te.statements import check_accesses
from autosched.te.tensor import Operation, Tensor


@dataclass(slots=True, eq=False, repr=False)
class ExternOp(Operation):
    """The statement `body` over `buffers`: one for each input, then one for each output."""

    inputs: tuple[Tensor, ...]
    buffers: tuple[Buffer, ...]
    body: Stmt
    tag: str = ""
    attrs: dict[str, object] = field(default_factory=dict)

    @property
    def input_tensors(self) -> list[Tensor]:
        return list(dict.fromkeys(self.inputs))

    def among(self, buffers: Mapping[Tensor, Buffer]) -> dict[Buffer, Buffer]:
        """Return the buffer that takes the place of each of the operation's own."""
        tensors = (*self.inputs, *self.outputs)
        return {own: buffers[t] for own, t in zip(self.buffers, tensors, strict=True)}


def extern(
    shape: Any,
    inputs: Sequence[Tensor],
    fcompute: Callable[[list[Buffer], list[Buffer]], Stmt],
    name: str = "extern",
    dtype: DType | str | Sequence[DType | str] | None = None,
    tag: str = "",
    attrs: Mapping[str, object] | None = None,
) -> Any:
    """Return the tensors that a statement over buffers computes from `inputs`.

    `fcompute(ins, outs)` returns the statement, such as a `CallExternal` of a function that is
    registered with `autosched.runtime.registry`. `shape` is that of the output, or a list of
    shapes for several outputs, which are returned as a list. `dtype` is by default that of the
    inputs. Raises ExpressionError if `fcompute` returns no statement.
    """
    several = isinstance(shape, (list, tuple)) and any(isinstance(s, (list, tuple)) for s in shape)
    shapes = [checked_shape(each, name) for each in (shape if several else [shape])]
    dtypes = _dtypes(dtype, inputs, len(shapes), name)
    ins = [Buffer(tensor.op.name, tensor.shape, tensor.dtype) for tensor in inputs]
    outs = [Buffer(name, s, kind) for s, kind in zip(shapes, dtypes, strict=True)]
    body = fcompute(list(ins), list(outs))
    if not isinstance(body, Stmt):
        raise ExpressionError(f"expected a statement as the body of {name}, got {body!r}")
    check_accesses(name, body)
    op = ExternOp(name, tuple(inputs), (*ins, *outs), body, tag, dict(attrs or {}))
    op.outputs = tuple(
        Tensor(op, number, s, kind)
        for number, (s, kind) in enumerate(zip(shapes, dtypes, strict=True))
    )
    return list(op.outputs) if several and len(op.outputs) > 1 else op.outputs[0]


def _dtypes(given: Any, inputs: Sequence[Tensor], count: int, name: str) -> list[DType]:
    if given is None:
        if len({tensor.dtype for tensor in inputs}) != 1:
            raise ExpressionError(
                f"expected the dtype of {name}, got none and inputs of several dtypes"
            )
        return [inputs[0].dtype] * count
    kinds = list(given) if isinstance(given, (list, tuple)) else [given] * count
    if len(kinds) != count:
        raise ExpressionError(f"expected {count} dtypes for {name}, got {len(kinds)}")
    return [as_dtype(kind) for kind in kinds]
