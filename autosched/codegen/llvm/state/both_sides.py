"""Finds choices of vectors of which both sides may be evaluated, whatever the lanes choose.

    C[i, j] += A[i, k] * B[k, j] if k <= j else 0      A[i, k] and B[k, j] exist for all i, j and k

All that they read is proved to be inside of its buffer. So no branch asks whether a lane needs a
scalar, and no load takes a mask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from autosched.analysis.bounds import Bounds
from autosched.analysis.inside import is_inside
from autosched.codegen.llvm.state.facts import Facts
from autosched.ir import expr as e
from autosched.ir.build import broadcast, not_
from autosched.ir.expr import Broadcast, Expr, Load, Select
from autosched.ir.stmt import For, Function, If, Stmt, Store
from autosched.ir.traverse import child_stmts, children, iter_stmts, postorder
from autosched.ir.update import is_neutral

_CHEAP = (
    e.Add, e.And, e.Broadcast, e.Cast, e.Compare, e.Const, e.Load, e.Max, e.Min, e.Mul, e.Not,
    e.Or, e.Ramp, e.Select, e.Sub, e.Var,
)  # fmt: skip
"""What takes no longer than to find out whether it is needed."""


def both_sides(functions: Sequence[Function], facts: Facts) -> dict[Select, Expr]:
    """Return these choices, each with its condition in as many lanes as its value has."""
    found = {
        node: _in_lanes(node.condition, node.dtype.lanes)
        for function in functions
        for stmt in iter_stmts(function.body)
        if type(stmt) is Store and stmt.value.dtype.lanes > 1
        for node in _candidates(stmt, facts)
    }
    for function in functions if found else ():
        bounds = Bounds(dict.fromkeys(function.sizes, (0, None)))
        for node in list(_unproved(function.body, bounds, found, facts)):
            found.pop(node, None)
    return found


def _candidates(store: Store, facts: Facts) -> Iterator[Select]:
    """Yield choices by lane, and a choice by data between a term of a reduction and nothing."""
    update = facts.update(store)
    for node in facts.nodes(store):
        if type(node) is not Select or not facts.is_guard(node):
            continue
        if node.condition.dtype.lanes == 1:
            is_term = update is not None and node is update[1]
            if not is_term or not facts.reads_memory(node.condition):
                continue
            if not is_nothing(type(store.value), node.otherwise):
                continue
        if all(isinstance(each, _CHEAP) for each in _evaluated(node)):
            yield node


def is_nothing(kind: type[Expr], value: Expr) -> bool:
    """Tell whether combining with `value` by the operator `kind` changes no lane."""
    return is_neutral(kind, value.value if type(value) is Broadcast else value)


def _evaluated(choice: Select) -> list[Expr]:
    """Return what is evaluated if both sides are, but for indices and for choices inside."""
    return postorder((choice.then, choice.otherwise), _operands)


def _operands(node: Expr) -> tuple[Expr, ...]:
    if type(node) is Select:
        return (node.condition,)
    return () if type(node) is Load else children(node)


def _unproved(
    stmt: Stmt, bounds: Bounds, choices: Mapping[Select, Expr], facts: Facts
) -> Iterator[Select]:
    """Yield choices of which a side may read outside somewhere in `stmt`."""
    if type(stmt) is Store:
        for node in facts.nodes(stmt):
            if type(node) is Select and node in choices:
                # Also those of choices inside, which may rely on this one.
                sides = postorder((node.then, node.otherwise))
                reads = (each for each in sides if type(each) is Load)
                if not all(read.mask is None and is_inside(read, bounds) for read in reads):
                    yield node
    elif type(stmt) is If and stmt.condition.dtype.lanes == 1:
        yield from _unproved(stmt.then, bounds.where(stmt.condition), choices, facts)
        if stmt.otherwise is not None:
            outside = bounds.where(not_(stmt.condition))
            yield from _unproved(stmt.otherwise, outside, choices, facts)
    else:
        if type(stmt) is For:
            bounds = bounds.inside(stmt.var, stmt.start, stmt.extent)
        for child in child_stmts(stmt):
            yield from _unproved(child, bounds, choices, facts)


def _in_lanes(condition: Expr, lanes: int) -> Expr:
    """Return a condition in every lane; data are compared in vectors, which makes masks."""
    if condition.dtype.lanes == lanes:
        return condition
    match condition:
        case e.And() | e.Or():
            a, b = _in_lanes(condition.a, lanes), _in_lanes(condition.b, lanes)
            return type(condition)(a, b, a.dtype)
        case e.Compare() if condition.a.dtype.is_float:
            a, b = broadcast(condition.a, lanes), broadcast(condition.b, lanes)
            return type(condition)(a, b, condition.dtype.with_lanes(lanes))
    return broadcast(condition, lanes)
