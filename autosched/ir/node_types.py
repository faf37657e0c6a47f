"""The table of node types: the operands of each, and how to rebuild it with others.

Dispatch is by `dict[type]`; a subclass is treated as its base unless it has an entry of
its own. Other units add the nodes they define with `register`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.expr import Expr, Var

Exprs = tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class NodeType:
    """The operations that walks need of one type of node.

    `attributes` are its fields that are not children, hashable, as equality compares them;
    `binds` are the variables that mean something only inside the node.
    """

    children: Callable[[Any], Exprs]
    rebuild: Callable[[Any, Exprs], Expr]
    attributes: Callable[[Any], tuple[object, ...]]
    binds: Callable[[Any], Collection[Var]] | None = None


class _Registry(dict[type, NodeType]):
    def __missing__(self, kind: type) -> NodeType:
        for base in kind.__mro__[1:]:
            if base in self:
                self[kind] = self[base]
                return self[kind]
        raise TypeError(f"expected a registered expression node, got a {kind.__name__}")


NODE_TYPES = _Registry()


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
    return lambda node, operands: make(operands[0], operands[1])


def _load_children(node: e.Load) -> Exprs:
    return node.indices if node.mask is None else (*node.indices, node.mask)


def _rebuild_load(node: e.Load, operands: Exprs) -> Expr:
    if node.mask is None:
        return build.load(node.buffer, operands)
    return build.load(node.buffer, operands[:-1], operands[-1])


def _register_all() -> None:
    def leaf(node: Expr, operands: Exprs) -> Expr:
        return node

    register(Var, lambda node: (), leaf, lambda node: (node,))
    register(e.Const, lambda node: (), leaf, _const_attributes)
    binaries: Iterable[tuple[type[Expr], Callable[[Any, Any], Expr]]] = (
        (e.Add, build.add), (e.Sub, build.sub), (e.Mul, build.mul), (e.Div, build.div),
        (e.FloorDiv, build.floordiv), (e.FloorMod, build.floormod),
        (e.Min, build.minimum), (e.Max, build.maximum),
        (e.BitAnd, build.bitand), (e.BitOr, build.bitor), (e.BitXor, build.bitxor),
        (e.ShiftLeft, build.shift_left), (e.ShiftRight, build.shift_right),
        (e.Eq, build.eq), (e.Ne, build.ne), (e.Lt, build.lt), (e.Le, build.le),
        (e.And, build.and_), (e.Or, build.or_),
    )  # fmt: skip
    for kind, make in binaries:
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
        lambda node, new: build.call(node.name, *new),
        lambda node: (node.name,),
    )
    register(e.Load, _load_children, _rebuild_load, lambda node: (node.buffer, node.mask is None))
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
