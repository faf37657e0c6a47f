"""The invariants of a loop nest, one `check_*` each; passes are tested by them.

`verify` runs them all. Each takes the function and its sites: the statements, with the
loops and the allocated buffers around them. The interpreter checks the rest, such as whether
indices stay within their buffers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from autosched.errors import VerifyError
from autosched.ir import expr as e
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Buffer, Expr
from autosched.ir.intrinsics import INTRINSICS
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
        """Every expression node that stands in the statement itself."""
        for root in own_exprs(self.stmt):
            yield from walk(root)

    def accesses(self) -> Iterator[Store | e.Load]:
        if isinstance(self.stmt, Store):
            yield self.stmt
        for node in self.nodes():
            if isinstance(node, e.Load):
                yield node


Sites = list[Site]


def verify(function: Function) -> None:
    """Raise `VerifyError` at the first invariant that `function` breaks."""
    check_params(function)
    check_only_loop_nodes(function)
    sites = list(_sites(function.body, (), frozenset(function.params)))
    for check in CHECKS:
        check(function, sites)


def check_params(function: Function) -> None:
    """Every parameter comes once, has a shape of constants and sizes; outputs are among them."""
    params, sizes = function.params, set(function.sizes)
    for buffer in function.outputs:
        if buffer not in params:
            raise _refused(function, "outputs among the parameters", buffer.name)
    for number, buffer in enumerate(params):
        if buffer in params[:number]:
            raise _refused(function, "every parameter once", f"{buffer.name} twice")
        for extent in (*buffer.shape, *(buffer.strides or ())):
            if extent.dtype is not INDEX or not free_vars(extent) <= sizes:
                got = f"{extent} of {extent.dtype} for {buffer.name}"
                raise _refused(function, f"extents of sizes and constants of {INDEX}", got)


def check_only_loop_nodes(function: Function) -> None:
    """No node of a tensor expression is left, nor an axis of one."""
    for site in _sites(function.body, (), frozenset()):
        for root in own_exprs(site.stmt):
            for node in walk(root):
                if type(node).__module__ != Expr.__module__:
                    kind = type(node).__name__
                    raise _broken(function, site, "loop nest expressions", f"{node}, a {kind}")


def check_vars_are_bound(function: Function, sites: Sites) -> None:
    """A variable is a size, or one of a loop around its use."""
    sizes = set(function.sizes)
    for site in sites:
        bound = sizes.union(loop.var for loop in site.loops)
        for root in own_exprs(site.stmt):
            for var in free_vars(root):
                if var not in bound:
                    raise _broken(function, site, "variables bound by a loop or a size", var.name)


def check_vars_are_bound_once(function: Function, sites: Sites) -> None:
    """No loop binds a size or the variable of a loop around it, and all count in the index type."""
    sizes = set(function.sizes)
    for site in sites:
        if not isinstance(site.stmt, For):
            continue
        var = site.stmt.var
        if var in sizes or any(loop.var is var for loop in site.loops):
            raise _broken(function, site, "a loop variable not bound further out", var.name)
        if var.dtype is not INDEX:
            raise _broken(function, site, f"a loop variable of {INDEX}", str(var.dtype))


def check_buffers_are_in_scope(function: Function, sites: Sites) -> None:
    """A buffer is a parameter, or allocated around its use, once."""
    for site in sites:
        for access in site.accesses():
            if access.buffer not in site.buffers:
                name = access.buffer.name
                raise _broken(function, site, "buffers that exist where they are used", name)
        if isinstance(site.stmt, Allocate) and site.stmt.buffer in site.buffers:
            raise _broken(function, site, "a buffer allocated once", site.stmt.buffer.name)


def check_written_buffers(function: Function, sites: Sites) -> None:
    """Only outputs and allocated buffers are written."""
    inputs = set(function.params).difference(function.outputs)
    for site in sites:
        if isinstance(site.stmt, Store) and site.stmt.buffer in inputs:
            name = site.stmt.buffer.name
            raise _broken(function, site, "a store to an output or an allocated buffer", name)


def check_indices(function: Function, sites: Sites) -> None:
    """Require an integer index for each dimension, and at most one vector among them."""
    for site in sites:
        for access in site.accesses():
            name, rank = access.buffer.name, len(access.buffer.shape)
            if len(access.indices) != rank:
                got = str(len(access.indices))
                raise _broken(function, site, f"{rank} indices for {name}", got)
            for index in access.indices:
                if not index.dtype.is_integer:
                    got = f"{index} of {index.dtype}"
                    raise _broken(function, site, f"integer indices for {name}", got)
            vectors = sum(index.dtype.lanes > 1 for index in access.indices)
            if vectors > 1:
                raise _broken(function, site, f"at most one vector index for {name}", str(vectors))


def check_operands(function: Function, sites: Sites) -> None:
    """The operands of every node agree in dtype and lanes with each other and the result."""
    for site in sites:
        for node in site.nodes():
            problem = _operand_problem(node)
            if problem is not None:
                raise _broken(function, site, problem, f"{node} of {node.dtype}")


def check_conditions(function: Function, sites: Sites) -> None:
    """The condition of an If is a scalar bool; masks are bools of the lanes they mask."""
    for site in sites:
        if isinstance(site.stmt, If):
            dtype = site.stmt.condition.dtype
            if not dtype.is_bool or dtype.lanes != 1:
                raise _broken(function, site, "a scalar bool condition", str(dtype))
        for access in site.accesses():
            if access.mask is not None:
                _check_mask(function, site, access, access.mask)


def check_bounds_of_loops(function: Function, sites: Sites) -> None:
    """Starts, extents and shapes are scalars of the index type."""
    for site in sites:
        if isinstance(site.stmt, (For, Allocate)):
            for expr in own_exprs(site.stmt):
                if expr.dtype is not INDEX:
                    got = f"{expr} of {expr.dtype}"
                    raise _broken(function, site, f"bounds and extents of {INDEX}", got)


def check_stored_values(function: Function, sites: Sites) -> None:
    """A stored value has the buffer's dtype and the lanes of the indices."""
    for site in sites:
        if isinstance(site.stmt, Store):
            store = site.stmt
            dtype = store.buffer.dtype.with_lanes(_lanes(store))
            if store.value.dtype is not dtype:
                got = str(store.value.dtype)
                raise _broken(function, site, f"a value of {dtype} for {store.buffer.name}", got)


def check_parallel_loops(function: Function, sites: Sites) -> None:
    """No parallel loop runs inside a vectorized one."""
    for site in sites:
        if isinstance(site.stmt, For) and site.stmt.kind is LoopKind.PARALLEL:
            for loop in site.loops:
                if loop.kind is LoopKind.VECTORIZED:
                    name = loop.var.name
                    raise _broken(function, site, "parallel loops outside vectorized ones", name)


CHECKS: tuple[Callable[[Function, Sites], None], ...] = (
    check_vars_are_bound,
    check_vars_are_bound_once,
    check_buffers_are_in_scope,
    check_written_buffers,
    check_indices,
    check_operands,
    check_conditions,
    check_bounds_of_loops,
    check_stored_values,
    check_parallel_loops,
)


def _sites(stmt: Stmt, loops: tuple[For, ...], buffers: frozenset[Buffer]) -> Iterator[Site]:
    yield Site(stmt, loops, buffers)
    if isinstance(stmt, For):
        loops = (*loops, stmt)
    elif isinstance(stmt, Allocate):
        buffers = buffers | {stmt.buffer}
    for child in child_stmts(stmt):
        yield from _sites(child, loops, buffers)


def _refused(function: Function, expected: str, got: str) -> VerifyError:
    return VerifyError(f"expected {expected} in {function.name}, got {got}")


def _broken(function: Function, site: Site, expected: str, got: str) -> VerifyError:
    return VerifyError(
        f"expected {expected} in {function.name}, got {got}", context=excerpt(function, site.stmt)
    )


def _lanes(access: Store | e.Load) -> int:
    return max((index.dtype.lanes for index in access.indices), default=1)


def _check_mask(function: Function, site: Site, access: Store | e.Load, mask: Expr) -> None:
    if not mask.dtype.is_bool or mask.dtype.lanes not in (1, _lanes(access)):
        expected = f"a mask of {_lanes(access)} bools for {access.buffer.name}"
        raise _broken(function, site, expected, str(mask.dtype))


def _operand_problem(node: Any) -> str | None:
    """Return what was expected of `node` where its operands do not fit, else None."""
    for kind in type(node).__mro__:
        if kind in _OPERAND_RULES:
            return _OPERAND_RULES[kind](node)
    return None


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


_OPERAND_RULES: dict[type, Callable[[Any], str | None]] = {
    e.And: _logical,
    e.Or: _logical,
    e.Not: _logical,
    e.Compare: _compare,
    e.Binary: _binary,
    e.Select: _select,
    e.Call: _call,
    e.Load: _load,
    e.Ramp: _vector,
    e.Broadcast: _vector,
    e.Cast: _cast,
    e.Const: _const,
}
