"""The table of node types: the operands of each, and how to rebuild it with others.

Dispatch is by type. Other units add the nodes that they define with `register`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.expr import Expr, Var
from autosched.ir.intrinsics import INTRINSICS

Exprs = tuple[Expr, ...]
Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class NodeType:
    """Functions of the nodes of one type, which walks call.

    `children` returns the operands, `rebuild` makes a node with other operands, `attributes`
    returns the other fields, which equality compares and hashes, and `binds` returns the variables
    that exist only inside the node.
    """

    children: Callable[[Any], Exprs]
    rebuild: Callable[[Any, Exprs], Expr]
    attributes: Callable[[Any], tuple[object, ...]]
    binds: Callable[[Any], Collection[Var]] | None = None


class TypeTable(dict[type, Entry]):
    """An entry for each type; a type without one has that of its nearest base."""

    def __missing__(self, kind: type) -> Entry:
        for base in kind.__mro__[1:]:
            if base in self:
                self[kind] = self[base]
                return self[kind]
        raise TypeError(f"expected a registered node, got a {kind.__name__}")


NODE_TYPES: TypeTable[NodeType] = TypeTable()


def register(
    kind: type[Expr],
    children: Callable[[Any], Exprs],
    rebuild: Callable[[Any, Exprs], Expr],
    attributes: Callable[[Any], tuple[object, ...]] = lambda node: (),
    binds: Callable[[Any], Collection[Var]] | None = None,
) -> None:
    """Make nodes of type `kind` known to every walk."""
    NODE_TYPES[kind] = NodeType(children, rebuild, attributes, binds)


def _binary(make: Callable[[Any, Any], Expr]) -> Callable[[Any, Exprs], Expr]:
    return lambda node, operands: make(*operands)


def _rebuild_call(node: e.Call, operands: Exprs) -> Expr:
    if node.name in INTRINSICS:
        return build.call(node.name, *operands)
    return e.Call(node.name, operands, node.dtype)  # a user's operator, which a rule replaces


def _load_children(node: e.Load) -> Exprs:
    return node.indices if node.mask is None else (*node.indices, node.mask)


def _rebuild_load(node: e.Load, operands: Exprs) -> Expr:
    if node.mask is None:
        return build.load(node.buffer, operands)
    return build.load(node.buffer, operands[:-1], operands[-1])


def _address_children(node: e.Address) -> Exprs:
    return (*node.indices, *node.shape, *node.strides)


def _rebuild_address(node: e.Address, operands: Exprs) -> Expr:
    rank, inner = len(node.indices), len(node.shape)
    shape, strides = operands[rank : rank + inner], operands[rank + inner :]
    return e.Address(node.buffer, operands[:rank], shape, strides)


BINARIES: dict[type[e.Binary], Callable[[Any, Any], Expr]] = {
    e.Add: build.add, e.Sub: build.sub, e.Mul: build.mul, e.Div: build.div,
    e.FloorDiv: build.floordiv, e.FloorMod: build.floormod,
    e.Min: build.minimum, e.Max: build.maximum,
    e.BitAnd: build.bitand, e.BitOr: build.bitor, e.BitXor: build.bitxor,
    e.ShiftLeft: build.shift_left, e.ShiftRight: build.shift_right,
    e.Eq: build.eq, e.Ne: build.ne, e.Lt: build.lt, e.Le: build.le,
    e.And: build.and_, e.Or: build.or_,
}  # fmt: skip
"""The operations of two operands, and their folding constructors."""


def _register_all() -> None:
    def leaf(node: Expr, operands: Exprs) -> Expr:
        return node

    register(Var, lambda node: (), leaf, lambda node: (node,))
    register(e.Const, lambda node: (), leaf, _const_attributes)
    for kind, make in BINARIES.items():
        register(kind, lambda node: (node.a, node.b), _binary(make))
    register(e.Not, lambda node: (node.a,), lambda node, new: build.not_(new[0]))
    register(
        e.Cast, lambda node: (node.value,), lambda node, new: build.cast(new[0], node.dtype.scalar)
    )
    register(
        e.Select,
        lambda node: (node.condition, node.then, node.otherwise),
        lambda node, new: build.select(*new),
    )
    register(
        e.Call,
        lambda node: node.args,
        _rebuild_call,
        lambda node: (node.name,),
    )
    register(
        e.OutsideCall,
        lambda node: node.args,
        lambda node, new: e.OutsideCall(node.function, new, node.dtype, node.language),
        lambda node: (node.function, node.language),
    )
    register(
        e.Reinterpret,
        lambda node: (node.value,),
        lambda node, new: e.Reinterpret(new[0], node.dtype),
    )
    register(e.Load, _load_children, _rebuild_load, lambda node: (node.buffer, node.mask is None))
    register(e.Address, _address_children, _rebuild_address, lambda node: (node.buffer,))
    register(
        e.Ramp,
        lambda node: (node.base,),
        lambda node, new: build.ramp(new[0], node.stride, node.dtype.lanes),
        lambda node: (node.stride,),
    )
    register(
        e.Broadcast,
        lambda node: (node.value,),
        lambda node, new: build.broadcast(new[0], node.dtype.lanes),
    )


def _const_attributes(node: e.Const) -> tuple[object, ...]:
    # The text tells 0.0 from -0.0 and makes a NaN equal to itself.
    return (repr(node.value),)


_register_all()
