"""The names of `tvm.te`: those of `autosched.te`, with TVM's keywords where these differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from autosched import te
from autosched.errors import not_offered
from autosched.ir.dtype import DType
from autosched.ir.expr import Expr, Operand, Var
from autosched.te import tensor
from autosched.te.axis import Axis, Range
from autosched.te.tensor import Operation
from autosched.te.tensor_intrinsic import TensorIntrinsic
from autosched.tvm.te import schedule
from autosched.tvm.te.applied import expanded
from autosched.tvm.te.tags import TagScope as tag_scope
from autosched.tvm.te.tags import current_tag
from autosched.tvm.tir.buffers import Buffer, body_of, decl_buffer

AXIS_SEPARATOR = ...
"""An entry of a layout that has no effect here: buffers have one axis of addresses."""

__all__ = [
    "AXIS_SEPARATOR",
    "compute", "decl_tensor_intrin", "extern", "if_then_else", "placeholder",
    "reduce_axis", "schedule", "size_var", "tag_scope", "tensor", "thread_axis", "var",
]  # fmt: skip


def var(name: str = "tindex", dtype: DType | str = "int32", span: object = None) -> Var:
    """Return a scalar: a symbolic size, or of a float dtype a number that is passed at the call."""
    return te.var(name, dtype)


def size_var(name: str = "size", dtype: DType | str = "int32", span: object = None) -> Var:
    """Return a symbolic size."""
    return te.var(name, dtype)


def placeholder(
    shape: Any, dtype: DType | str | None = None, name: str = "placeholder"
) -> tensor.Tensor:
    """Return an input tensor, of float32 where no dtype is given."""
    return te.placeholder(shape, "float32" if dtype is None else dtype, name)


def compute(
    shape: Any,
    fcompute: Callable[..., Any],
    name: str = "compute",
    tag: str = "",
    attrs: dict[str, object] | None = None,
    varargs_names: Sequence[str] | None = None,
) -> Any:
    """Return the tensor of `fcompute`, with the tag of the `tag_scope` around the call."""
    known = {key: value for key, value in (attrs or {}).items() if _is_plain(value)}
    fcompute = expanded(shape, fcompute, known)
    return te.compute(shape, fcompute, name, tag or current_tag(), known, varargs_names)


def extern(
    shape: Any,
    inputs: Sequence[tensor.Tensor],
    fcompute: Callable[..., Any],
    name: str = "extern",
    dtype: Any = None,
    in_buffers: Any = None,
    out_buffers: Any = None,
    tag: str = "",
    attrs: dict[str, object] | None = None,
) -> Any:
    """Return the tensors that a call of a function, or another statement, computes."""
    if in_buffers is not None or out_buffers is not None:
        raise not_offered("te.extern with in_buffers or out_buffers", "leave them out")
    return te.extern(shape, inputs, body_of(fcompute), name, dtype, tag or current_tag(), attrs)


def decl_tensor_intrin(
    op: Operation,
    fcompute: Callable[..., Any],
    name: str = "tensor_intrin",
    binds: Mapping[tensor.Tensor, Buffer] | None = None,
    scalar_params: Any = None,
    default_buffer_params: dict[str, Any] | None = None,
) -> TensorIntrinsic:
    """Declare a tensor intrinsic; `binds` are the buffers of some of its tensors."""
    if scalar_params:
        raise not_offered("decl_tensor_intrin with scalar_params")
    options = default_buffer_params or {}
    buffers = {
        each: decl_buffer(each.shape, each.dtype, each.name, **options)
        for each in (*op.input_tensors, *op.outputs)
    }
    buffers |= binds or {}
    return te.decl_tensor_intrin(
        op,
        lambda ins, outs: fcompute(
            [buffers[each] for each in op.input_tensors], [buffers[each] for each in op.outputs]
        ),
        name,
        {each: buffer.memory for each, buffer in buffers.items()},
        {each: buffer.offset_factor for each, buffer in buffers.items()},
    )


def reduce_axis(dom: Any, name: str = "rv", thread_tag: str = "", span: object = None) -> Axis:
    """Return an axis to reduce over: a pair (start, stop), or a `Range`."""
    if isinstance(dom, Range):
        dom = (dom.min, dom.min + dom.extent)
    return te.reduce_axis(dom, name)


def thread_axis(dom: Any = None, tag: str = "", name: str = "", span: object = None) -> Axis:
    """Return an axis of threads; `name` is for reading only."""
    return te.thread_axis(dom, tag or name)


def if_then_else(cond: Operand, t: Operand, f: Operand, span: object = None) -> Expr:
    """Return `t` if `cond` holds, else `f`."""
    return te.if_then_else(cond, t, f)


def __getattr__(name: str) -> Any:
    if name == "hybrid":
        return import_module("autosched.tvm.te.hybrid")
    if name == "create_prim_func":
        return import_module("autosched.tvm.lowered").create_prim_func
    return getattr(te, name)


def _is_plain(value: object) -> bool:
    """Whether an attribute has no tensors, such as those whose layout is free."""
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return not isinstance(value, te.Tensor)
