"""Lane reductions: what the iterations of a vectorized loop add to one place.

`C[i] = C[i] + x[k]` with `k` in the lanes becomes `C[i] = C[i] + sum_lanes(x[ramp])`; the
vectors of several statements that add to the same place are added up first, so that the
lanes are combined once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.buffer import Buffer
from autosched.ir.dtype import DType
from autosched.ir.expr import Call, Expr, Load
from autosched.ir.stmt import Stmt, Store
from autosched.ir.structure import equal
from autosched.ir.visitor import walk


@dataclass(frozen=True)
class Combining:
    """An operator whose operands may come in any order, and how lanes are combined by it."""

    apply: Callable[..., Expr]
    across: str
    identity: Callable[[DType], int | float]


COMBINING: dict[type, Combining] = {
    e.Add: Combining(build.add, "sum_lanes", lambda dtype: 0),
    e.Mul: Combining(build.mul, "prod_lanes", lambda dtype: 1),
    e.Min: Combining(build.minimum, "min_lanes", lambda dtype: dtype.max_value),
    e.Max: Combining(build.maximum, "max_lanes", lambda dtype: dtype.min_value),
}


def addend(store: Store) -> tuple[Combining, Expr] | None:
    """What `store` combines into its place, and by what; None where it does anything else."""
    kind = type(store.value)
    if kind not in COMBINING:
        return None
    operands = _operands(store.value, kind)
    rest = [operand for operand in operands if not _is_place(operand, store)]
    if len(rest) != len(operands) - 1:
        return None
    if any(_reads(operand, store.buffer) for operand in rest):
        return None
    combining = COMBINING[kind]
    value = rest[0]
    for operand in rest[1:]:
        value = combining.apply(value, operand)
    return combining, value


def _operands(node: Expr, kind: type) -> list[Expr]:
    if type(node) is not kind:
        return [node]
    assert isinstance(node, e.Binary)
    return [*_operands(node.a, kind), *_operands(node.b, kind)]


def _is_place(node: Expr, store: Store) -> bool:
    return (
        type(node) is Load
        and node.buffer is store.buffer
        and all(equal(a, b) for a, b in zip(node.indices, store.indices, strict=True))
    )


def _reads(node: Expr, buffer: Buffer) -> bool:
    return any(type(inner) is Load and inner.buffer is buffer for inner in walk(node))


def reduced(place: Load, combining: Combining, vector: Expr, mask: Expr | None) -> Store:
    """The statement that combines the lanes of `vector` under `mask` into `place`."""
    if mask is not None:
        scalar = vector.dtype.scalar
        neutral = build.const(combining.identity(scalar), scalar)
        vector = build.select(mask, vector, build.broadcast(neutral, vector.dtype.lanes))
    value = combining.apply(place, Call(combining.across, (vector,), place.dtype))
    return Store(place.buffer, place.indices, value)


def merged(stmts: list[Stmt]) -> list[Stmt]:
    """Neighbours that reduce lanes into one place, as one statement that does it for all."""
    result: list[Stmt] = []
    for stmt in stmts:
        both = _both(result[-1], stmt) if result else None
        if both is None:
            result.append(stmt)
        else:
            result[-1] = both
    return result


def _both(first: Stmt, second: Stmt) -> Stmt | None:
    a, b = _vector_of(first), _vector_of(second)
    if a is None or b is None or a[1].dtype is not b[1].dtype:
        return None
    (place, one), (other, two) = a, b
    assert isinstance(first, Store)
    assert isinstance(second, Store)
    if type(first.value) is not type(second.value) or not _is_place(other, first):
        return None
    combining = COMBINING[type(first.value)]
    return reduced(place, combining, combining.apply(one, two), None)


def _vector_of(stmt: Stmt) -> tuple[Load, Expr] | None:
    """The place and the vector of a statement as `reduced` makes them."""
    if not isinstance(stmt, Store) or type(stmt.value) not in COMBINING:
        return None
    assert isinstance(stmt.value, e.Binary)
    place, call = stmt.value.a, stmt.value.b
    if type(call) is not Call or call.name != COMBINING[type(stmt.value)].across:
        return None
    return (place, call.args[0]) if isinstance(place, Load) and _is_place(place, stmt) else None
