"""The invariants of a loop nest, one `check_*` each; passes are tested by them.

`verify` runs all checks. Each takes the function and a site, which is a statement with the loops
and the allocated buffers around it, and yields what it expected and what it got instead. The
interpreter checks the rest, such as whether indices stay within their buffers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from autosched.errors import VerifyError, a_kind
from autosched.ir import expr as e
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Buffer, Expr
from autosched.ir.intrinsics import INTRINSICS
from autosched.ir.node_types import TypeTable
from autosched.ir.printer import excerpt
from autosched.ir.stmt import Allocate, For, Function, If, LoopKind, Stmt, Store
from autosched.ir.traverse import child_stmts, free_vars, own_exprs, walk


@dataclass(frozen=True, slots=True)
class Site:
    """A statement, the loops around it from the outside in, and the buffers in scope."""

    stmt: Stmt
    loops: tuple[For, ...]
    buffers: frozenset[Buffer]

    def nodes(self) -> Iterator[Expr]:
        """Yield every expression node that stands in the statement itself."""
        for root in own_exprs(self.stmt):
            yield from walk(root)

    def accesses(self) -> Iterator[Store | e.Load]:
        """Yield the statement if it is a store, then its loads."""
        if isinstance(self.stmt, Store):
            yield self.stmt
        for node in self.nodes():
            if isinstance(node, e.Load):
                yield node


Problems = Iterator[tuple[str, str]]
"""What a check expected, and what it got instead."""


def verify(function: Function) -> None:
    """Raise `VerifyError` at the first invariant that `function` breaks."""
    _refuse(function, check_params(function))
    sites = list(_sites(function.body, (), frozenset(function.params)))
    for check in CHECKS:
        for site in sites:
            _refuse(function, check(function, site), site.stmt)


def _refuse(function: Function, problems: Problems, stmt: Stmt | None = None) -> None:
    """Raise `VerifyError` for the first of `problems`, which marks `stmt`."""
    for expected, got in problems:
        context = None if stmt is None else excerpt(function, stmt)
        raise VerifyError(f"expected {expected} in {function.name}, got {got}", context=context)


def check_params(function: Function) -> Problems:
    """Require different parameters with shapes of constants and sizes, and outputs among them."""
    params, sizes = function.params, set(function.sizes)
    for buffer in function.outputs:
        if buffer not in params:
            yield "outputs among the parameters", buffer.name
    for number, buffer in enumerate(params):
        if buffer in params[:number]:
            yield "every parameter once", f"{buffer.name} twice"
        for extent in (*buffer.shape, *(buffer.strides or ())):
            if extent.dtype is not INDEX or not free_vars(extent) <= sizes:
                got = f"{extent} of {extent.dtype} for {buffer.name}"
                yield f"extents of sizes and constants of {INDEX}", got


def check_only_loop_nodes(function: Function, site: Site) -> Problems:
    """Allow no node of a tensor expression, nor an axis of one."""
    for node in site.nodes():
        if type(node).__module__ != Expr.__module__:
            yield "loop nest expressions", f"{node}, {a_kind(node)}"


def check_vars_are_bound(function: Function, site: Site) -> Problems:
    """Require that a variable is a size, or bound by a loop around its use."""
    bound = {*function.sizes, *(loop.var for loop in site.loops)}
    for root in own_exprs(site.stmt):
        for var in free_vars(root):
            if var not in bound:
                yield "variables bound by a loop or a size", var.name


def check_vars_are_bound_once(function: Function, site: Site) -> Problems:
    """Require loop variables of the index type that are no sizes and bound by no outer loop."""
    if isinstance(site.stmt, For):
        var = site.stmt.var
        if var in function.sizes or any(loop.var is var for loop in site.loops):
            yield "a loop variable not bound further out", var.name
        if var.dtype is not INDEX:
            yield f"a loop variable of {INDEX}", str(var.dtype)


def check_buffers_are_in_scope(function: Function, site: Site) -> Problems:
    """Require that a buffer is a parameter, or allocated around its use, once."""
    for access in site.accesses():
        if access.buffer not in site.buffers:
            yield "buffers that exist where they are used", access.buffer.name
    if isinstance(site.stmt, Allocate) and site.stmt.buffer in site.buffers:
        yield "a buffer allocated once", site.stmt.buffer.name


def check_written_buffers(function: Function, site: Site) -> Problems:
    """Allow stores to outputs and allocated buffers only."""
    if isinstance(site.stmt, Store):
        buffer = site.stmt.buffer
        if buffer in function.params and buffer not in function.outputs:
            yield "a store to an output or an allocated buffer", buffer.name


def check_indices(function: Function, site: Site) -> Problems:
    """Require an integer index for each dimension, and at most one vector among them."""
    for access in site.accesses():
        name, rank = access.buffer.name, len(access.buffer.shape)
        if len(access.indices) != rank:
            yield f"{rank} indices for {name}", str(len(access.indices))
        for index in access.indices:
            if not index.dtype.is_integer:
                yield f"integer indices for {name}", f"{index} of {index.dtype}"
        vectors = sum(index.dtype.lanes > 1 for index in access.indices)
        if vectors > 1:
            yield f"at most one vector index for {name}", str(vectors)


def check_operands(function: Function, site: Site) -> Problems:
    """Require that the operands of a node agree in dtype and lanes with its result."""
    for node in site.nodes():
        problem = _OPERAND_RULES[type(node)](node)
        if problem is not None:
            yield problem, f"{node} of {node.dtype}"


def check_conditions(function: Function, site: Site) -> Problems:
    """Require a scalar bool as the condition of an If, and masks of bools with the right lanes."""
    if isinstance(site.stmt, If):
        dtype = site.stmt.condition.dtype
        if not dtype.is_bool or dtype.lanes != 1:
            yield "a scalar bool condition", str(dtype)
    for access in site.accesses():
        if access.mask is not None:
            dtype, lanes = access.mask.dtype, _lanes(access)
            if not dtype.is_bool or dtype.lanes not in (1, lanes):
                yield f"a mask of {lanes} bools for {access.buffer.name}", str(dtype)


def check_bounds_of_loops(function: Function, site: Site) -> Problems:
    """Require starts, extents and shapes that are scalars of the index type."""
    if isinstance(site.stmt, For | Allocate):
        for expr in own_exprs(site.stmt):
            if expr.dtype is not INDEX:
                yield f"bounds and extents of {INDEX}", f"{expr} of {expr.dtype}"


def check_stored_values(function: Function, site: Site) -> Problems:
    """Require stored values of the buffer's dtype with the lanes of the indices."""
    if isinstance(site.stmt, Store):
        buffer, value = site.stmt.buffer, site.stmt.value
        dtype = buffer.dtype.with_lanes(_lanes(site.stmt))
        if value.dtype is not dtype:
            yield f"a value of {dtype} for {buffer.name}", str(value.dtype)


def check_parallel_loops(function: Function, site: Site) -> Problems:
    """Allow no parallel loop inside a vectorized one."""
    if isinstance(site.stmt, For) and site.stmt.kind is LoopKind.PARALLEL:
        for loop in site.loops:
            if loop.kind is LoopKind.VECTORIZED:
                yield "parallel loops outside vectorized ones", loop.var.name


CHECKS: tuple[Callable[[Function, Site], Problems], ...] = (
    check_only_loop_nodes, check_vars_are_bound, check_vars_are_bound_once,
    check_buffers_are_in_scope, check_written_buffers, check_indices, check_operands,
    check_conditions, check_bounds_of_loops, check_stored_values, check_parallel_loops,
)  # fmt: skip


def _sites(stmt: Stmt, loops: tuple[For, ...], buffers: frozenset[Buffer]) -> Iterator[Site]:
    yield Site(stmt, loops, buffers)
    if isinstance(stmt, For):
        loops = (*loops, stmt)
    elif isinstance(stmt, Allocate):
        buffers = buffers | {stmt.buffer}
    for child in child_stmts(stmt):
        yield from _sites(child, loops, buffers)


def _lanes(access: Store | e.Load) -> int:
    return max((index.dtype.lanes for index in access.indices), default=1)


def _binary(node: e.Binary) -> str | None:
    same = node.a.dtype is node.b.dtype is node.dtype
    return None if same else f"operands of one dtype, not {node.a.dtype} and {node.b.dtype},"


def _compare(node: e.Compare) -> str | None:
    same = node.a.dtype is node.b.dtype
    if same and node.dtype.is_bool and node.dtype.lanes == node.a.dtype.lanes:
        return None
    return f"a comparison of one dtype to bools, not of {node.a.dtype} and {node.b.dtype},"


def _logical(node: e.Binary | e.Not) -> str | None:
    operands = (node.a,) if isinstance(node, e.Not) else (node.a, node.b)
    fits = node.dtype.is_bool and all(operand.dtype is node.dtype for operand in operands)
    return None if fits else "bool operands of as many lanes"


def _select(node: e.Select) -> str | None:
    fits = node.then.dtype is node.dtype is node.otherwise.dtype
    condition = node.condition.dtype
    fits = fits and condition.is_bool and condition.lanes in (1, node.dtype.lanes)
    return None if fits else "a bool condition and branches of one dtype"


def _call(node: e.Call) -> str | None:
    intrinsic = INTRINSICS.get(node.name)
    if intrinsic is None or len(node.args) != intrinsic.arity:
        return "a known intrinsic with all its operands"
    dtype = node.args[0].dtype
    fits = intrinsic.accepts(dtype) and intrinsic.result(dtype) is node.dtype
    fits = fits and all(arg.dtype is dtype for arg in node.args)
    return None if fits else f"operands of one dtype that {node.name} takes"


def _load(node: e.Load) -> str | None:
    fits = node.dtype is node.buffer.dtype.with_lanes(_lanes(node))
    return None if fits else f"a load of {node.buffer.dtype} with the lanes of its indices"


def _vector(node: e.Ramp | e.Broadcast) -> str | None:
    scalar = node.base if isinstance(node, e.Ramp) else node.value
    fits = scalar.dtype is node.dtype.scalar and node.dtype.lanes > 1
    return None if fits else f"a vector of scalars, not of {scalar.dtype},"


def _cast(node: e.Cast) -> str | None:
    return None if node.value.dtype.lanes == node.dtype.lanes else "a cast that keeps the lanes"


def _const(node: e.Const) -> str | None:
    return None if node.dtype.lanes == 1 else "scalar constants"


_OPERAND_RULES: TypeTable[Callable[[Any], str | None]] = TypeTable(
    {
        e.And: _logical, e.Or: _logical, e.Not: _logical, e.Compare: _compare, e.Binary: _binary,
        e.Select: _select, e.Call: _call, e.Load: _load, e.Ramp: _vector, e.Broadcast: _vector,
        e.Cast: _cast, e.Const: _const, object: lambda node: None,
    }
)  # fmt: skip
"""Functions that return what was expected of a node whose operands do not fit, else None."""
