"""Functions of buffers and statements, by the name of `tvm.tir.PrimFunc`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Buffer as Memory
from autosched.ir.expr import Load, Var
from autosched.ir.rewrite import replace_buffers
from autosched.ir.stmt import Allocate, CallExternal, Function, Stmt, Store
from autosched.ir.traverse import iter_stmts, walk
from autosched.schedule.schedule import create_schedule
from autosched.te.tensor import Tensor
from autosched.tvm.lowered import IRModule, schedule_to_module
from autosched.tvm.tir.buffers import Buffer
from autosched.tvm.tir.ir_builder import Pointer
from autosched.tvm.tir.nodes import Kind


class PrimFunc(metaclass=Kind):
    """A lowered function; `PrimFunc(params, body)` makes one of buffers, sizes and a statement.

    A call writes the arrays of buffers that the statement writes in place. Each access must be
    proved to lie inside of its buffer.
    """

    def __new__(cls, params: Sequence[Any], body: Stmt, **ignored: Any) -> Any:
        given = [each.asobject() if isinstance(each, Pointer) else each for each in params]
        if not all(isinstance(each, Buffer | Var) for each in given):
            raise ExpressionError(f"expected buffers and sizes as parameters, got {given!r}")
        buffers = [each.memory for each in given if isinstance(each, Buffer)]
        tensors = _tensors(buffers, body)
        outputs = [each for each in tensors.values() if not isinstance(each.op, te.PlaceholderOp)]
        args = [tensors[each.memory] if isinstance(each, Buffer) else each for each in given]
        return schedule_to_module(create_schedule(outputs), args)

    @staticmethod
    def holds(value: Any) -> bool:
        return isinstance(value, Function | IRModule)


def _tensors(buffers: Sequence[Memory], body: Stmt) -> dict[Memory, Tensor]:
    """Return the tensor of each buffer: computed by the statement where it may write the buffer."""
    if not buffers:
        raise ExpressionError("expected a buffer among the parameters of a function, got none")
    written = {memory for stmt in iter_stmts(body) for memory in _written(stmt)}
    own = {stmt.buffer for stmt in iter_stmts(body) if isinstance(stmt, Allocate)}
    read = {node.buffer for node in walk(body) if isinstance(node, Load)}
    for memory in (written | read) - own - {*buffers}:
        raise ExpressionError(
            f"expected the buffer {memory.name} among the parameters of a function that uses it"
        )
    outs = [each for each in buffers if each in written] or list(buffers)
    ins = {
        each: te.placeholder(each.shape, each.dtype, each.name)
        for each in buffers
        if each not in outs
    }

    def statement(given: list[Memory], made: list[Memory]) -> Stmt:
        return replace_buffers(body, dict(zip((*ins, *outs), (*given, *made), strict=True)))

    shapes, dtypes = [list(each.shape) for each in outs], [each.dtype for each in outs]
    name = outs[0].name
    found = te.extern(shapes, list(ins.values()), statement, name, dtypes)
    return {**ins, **dict(zip(outs, found if len(outs) > 1 else [found], strict=True))}


def _written(stmt: Stmt) -> tuple[Memory, ...]:
    if isinstance(stmt, CallExternal):
        return stmt.buffers
    return (stmt.buffer,) if isinstance(stmt, Store) else ()
