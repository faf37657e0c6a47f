"""The operands of a node: the expressions whose values its code uses.

An index is replaced by the atoms of its linear form.
"""

from __future__ import annotations

from typing import Any

from autosched.analysis.bounds import Bounds
from autosched.analysis.linear import Linear
from autosched.codegen.llvm.state.forms import IndexForm, linear, place
from autosched.ir import expr as e
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Expr
from autosched.ir.stmt import Stmt, Store
from autosched.ir.traverse import children, own_exprs

Forms = dict[Expr | Stmt, IndexForm]
"""The linear form of each load, store and comparison."""


def form_at(node: e.Load | Store, forms: Forms) -> IndexForm:
    """The linear form of the place that a node reads or writes."""
    form = forms.get(node)
    if form is None:
        form = forms[node] = place(node.buffer, node.indices)
    return form


def difference(node: e.Compare, forms: Forms) -> IndexForm | None:
    """The form of `a - b` if its sign decides the comparison of vector indices; otherwise None.

    The difference must not wrap.
    """
    dtype = node.a.dtype
    if dtype.lanes == 1 or dtype.scalar is not INDEX or type(node) not in (e.Lt, e.Le):
        return None
    form = forms.get(node)
    if form is None:
        form = forms[node] = linear(e.Sub(node.a, node.b, dtype))
        form.may_wrap = _may_wrap(node.a) or _may_wrap(node.b)
    return None if form.vectors or form.lane_stride not in (-1, 0, 1) or form.may_wrap else form


def _may_wrap(index: Expr) -> bool:
    form = linear(index)
    furthest = abs(form.constant) + abs(form.lane_stride) * form.lanes
    return Bounds().may_wrap(Linear(furthest, form.atoms))


def operands_of(node: Expr, forms: Forms) -> tuple[Expr, ...]:
    """The expressions whose values the code of `node` uses."""
    kind: Any = type(node)
    if isinstance(node, e.Load):
        return _parts(form_at(node, forms), node.mask)
    if isinstance(node, e.Compare):
        form = difference(node, forms)
        return (node.a, node.b) if form is None else _parts(form, None)
    if kind in (e.Add, e.Sub) and node.dtype.is_float:
        return _summed(node)
    return children(node)


def _summed(node: Any) -> tuple[Expr, ...]:
    """The operands of a float sum or difference; those of a multiply-add if it has a product."""
    a, b = node.a, node.b
    if type(b) is e.Mul and (type(node) is e.Add or type(a) is not e.Mul):
        return a, b.a, b.b
    if type(a) is e.Mul and type(b) is not e.Mul:
        return b, a.a, a.b
    return a, b


def roots_of(stmt: Stmt, forms: Forms) -> tuple[Expr, ...]:
    """The expressions whose values the code of `stmt` itself uses."""
    if isinstance(stmt, Store):
        return *_parts(form_at(stmt, forms), stmt.mask), stmt.value
    return own_exprs(stmt)


def _parts(form: IndexForm, mask: Expr | None) -> tuple[Expr, ...]:
    parts = (*form.atoms, *(vector for vector, _ in form.vectors))
    return parts if mask is None else (*parts, mask)
