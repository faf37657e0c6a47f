"""Expressions as linear forms, and the table that makes equal atoms one node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autosched.analysis.linear import Linear, Terms, index, nonzero, of_atom
from autosched.ir import expr as e
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Expr, Var
from autosched.ir.node_types import NODE_TYPES

Handler = Callable[[Any, int, Terms, Any], int]
"""Adds `scale` times an expression to `terms` and answers its constant part."""

MAX_ATOMS = 100_000
"""Past this many the table is emptied; equal atoms made before and after stay apart."""


class Handlers(dict[type, Handler]):
    """What to do with each type of index expression; types without an entry are opaque."""

    def __init__(self, opaque: Handler):
        super().__init__()
        self.opaque = opaque

    def __missing__(self, kind: type) -> Handler:
        handler = _variable if issubclass(kind, Var) else self.opaque
        self[kind] = handler
        return handler


@dataclass(slots=True, eq=False)
class Atom:
    """What is known of an opaque node.

    `a` and `b` are the operands of a division, a modulo, a minimum or a maximum, and the
    branches of a Select; `factors` those of a product. `data` says that its value comes
    from memory or an unknown node, so that it may be anything; an integer of fewer than
    64 bits is not data.
    """

    kind: type
    vars: frozenset[Var]
    data: bool
    a: Linear | None = None
    b: Linear | None = None
    factors: tuple[Expr, ...] = ()


_TABLE: dict[Any, Expr] = {}
_ATOMS: dict[Expr, Atom] = {}
_NO_VARS: frozenset[Var] = frozenset()


def to_linear(expr: Expr) -> Linear:
    """The linear form of a scalar index expression; what is not affine becomes an atom."""
    terms: Terms = {}
    const = AFFINE[type(expr)](expr, 1, terms, None)
    return nonzero(const, terms)


def binary_atom(kind: type[e.Binary], a: Linear, b: Linear) -> Expr:
    """The one node of `kind` with these operands."""
    key = (kind, a.key, b.key)
    atom = _TABLE.get(key)
    if atom is None:
        atom = _enter(key, kind(a.to_expr(), b.to_expr(), INDEX))
        _ATOMS[atom] = Atom(
            kind, vars_of(a) | vars_of(b), has_data(a.terms) or has_data(b.terms), a, b
        )
    return atom


def product_atom(factors: tuple[Expr, ...]) -> Expr:
    """The one node that multiplies these atoms, in whatever order they are given."""
    if len(factors) == 1:
        return factors[0]
    key = (e.Mul, tuple(sorted(map(id, factors))))
    atom = _TABLE.get(key)
    if atom is None:
        node = factors[0]
        for factor in factors[1:]:
            node = e.Mul(node, factor, INDEX)
        atom = _enter(key, node)
        names = _NO_VARS.union(*(vars_of(of_atom(factor)) for factor in factors))
        _ATOMS[atom] = Atom(e.Mul, names, _any_data(factors), factors=factors)
    return atom


def node_atom(expr: Expr) -> Expr:
    """The one node of the structure of `expr`, which is neither a variable nor affine."""
    key = _structure(expr)
    atom = _TABLE.get(key)
    if atom is None:
        atom = _enter(key, expr)
        _ATOMS[atom] = _describe_node(atom)
    return atom


def describe(atom: Expr) -> Atom | None:
    """What is known of an atom; None of a variable."""
    known = _ATOMS.get(atom)
    if known is None and not isinstance(atom, Var):
        known = _ATOMS[atom] = _describe(atom)
    return known


def factors_of(atom: Expr) -> tuple[Expr, ...]:
    """The atoms whose product `atom` is; itself alone where it is none."""
    about = describe(atom)
    return about.factors or (atom,) if about is not None else (atom,)


def vars_of(linear: Linear) -> frozenset[Var]:
    """The variables that occur anywhere in a linear form."""
    result: set[Var] = set()
    for atom in linear.terms:
        about = describe(atom)
        if about is None:
            result.add(atom)  # type: ignore[arg-type]
        else:
            result |= about.vars
    return frozenset(result)


def has_data(terms: Terms) -> bool:
    """A value from memory occurs in the terms, whose range is unknown."""
    known = [describe(atom) for atom in terms]
    return any(about is not None and about.data for about in known)


def multiply(a: Linear, b: Linear) -> Linear:
    """The product, multiplied out; products of atoms become atoms."""
    if not b.terms:
        return a * b.const
    if not a.terms:
        return b * a.const
    terms: Terms = {}
    const = a.const * b.const
    for x, k in a.terms.items():
        for y, m in b.terms.items():
            atom = product_atom(factors_of(x) + factors_of(y))
            terms[atom] = terms.get(atom, 0) + k * m
        if b.const:
            terms[x] = terms.get(x, 0) + k * b.const
    if a.const:
        for y, m in b.terms.items():
            terms[y] = terms.get(y, 0) + m * a.const
    return nonzero(const, terms)


def substitute(linear: Linear, values: dict[Var, Linear]) -> Linear:
    """`linear` with variables replaced, inside its atoms too."""
    result = Linear(linear.const)
    for atom, k in linear.terms.items():
        result = result + _substitute_atom(atom, values) * k
    return result


def affine_handlers(table: Handlers) -> None:
    """Enter the affine operators, whose operands `table` handles again."""

    def add(expr: e.Add, scale: int, terms: Terms, bounds: Any) -> int:
        a, b = expr.a, expr.b
        return table[type(a)](a, scale, terms, bounds) + table[type(b)](b, scale, terms, bounds)

    def sub(expr: e.Sub, scale: int, terms: Terms, bounds: Any) -> int:
        a, b = expr.a, expr.b
        return table[type(a)](a, scale, terms, bounds) + table[type(b)](b, -scale, terms, bounds)

    def mul(expr: e.Mul, scale: int, terms: Terms, bounds: Any) -> int:
        a, b = expr.a, expr.b
        if type(b) is e.Const:
            return table[type(a)](a, scale * int(b.value), terms, bounds)
        if type(a) is e.Const:
            return table[type(b)](b, scale * int(a.value), terms, bounds)
        return multiply(linear(a, bounds), linear(b, bounds)).add_to(terms, scale)

    def linear(expr: Expr, bounds: Any) -> Linear:
        terms: Terms = {}
        return nonzero(table[type(expr)](expr, 1, terms, bounds), terms)

    table.update({e.Add: add, e.Sub: sub, e.Mul: mul, e.Const: _constant, Var: _variable})


def _variable(expr: Var, scale: int, terms: Terms, bounds: Any) -> int:
    terms[expr] = terms.get(expr, 0) + scale
    return 0


def _constant(expr: e.Const, scale: int, terms: Terms, bounds: Any) -> int:
    return scale * int(expr.value)


def _binary(expr: e.Binary, scale: int, terms: Terms, bounds: Any) -> int:
    atom = binary_atom(type(expr), to_linear(expr.a), to_linear(expr.b))
    terms[atom] = terms.get(atom, 0) + scale
    return 0


def _node(expr: Expr, scale: int, terms: Terms, bounds: Any) -> int:
    atom = node_atom(expr)
    terms[atom] = terms.get(atom, 0) + scale
    return 0


AFFINE = Handlers(_node)
affine_handlers(AFFINE)
AFFINE.update(dict.fromkeys((e.FloorDiv, e.FloorMod, e.Min, e.Max), _binary))


def _enter(key: Any, atom: Expr) -> Expr:
    if len(_TABLE) >= MAX_ATOMS:
        _TABLE.clear()
        _ATOMS.clear()
    _TABLE[key] = atom
    return atom


def _describe(atom: Expr) -> Atom:
    kind = type(atom)
    if kind in (e.FloorDiv, e.FloorMod, e.Min, e.Max):
        a, b = to_linear(atom.a), to_linear(atom.b)  # type: ignore[attr-defined]
        return Atom(kind, vars_of(a) | vars_of(b), has_data(a.terms) or has_data(b.terms), a, b)
    if kind is e.Mul:
        a, b = to_linear(atom.a), to_linear(atom.b)  # type: ignore[attr-defined]
        factors = tuple(f for part in (a, b) for x in part.terms for f in factors_of(x))
        return Atom(kind, vars_of(a) | vars_of(b), _any_data(factors), factors=factors)
    return _describe_node(atom)


def _any_data(factors: tuple[Expr, ...]) -> bool:
    return has_data(dict.fromkeys(factors, 1))


def _describe_node(expr: Expr) -> Atom:
    names = _free_vars(expr)
    if type(expr) is e.Select:
        a, b = to_linear(expr.then), to_linear(expr.otherwise)
        return Atom(e.Select, names, has_data(a.terms) or has_data(b.terms), a, b)
    narrow = type(expr) is e.Cast and not expr.value.dtype.is_float and expr.value.dtype.bits < 64
    return Atom(type(expr), names, not narrow)


def _free_vars(expr: Expr) -> frozenset[Var]:
    if isinstance(expr, Var):
        return frozenset((expr,))
    return _NO_VARS.union(*map(_free_vars, operands(expr)))


def operands(expr: Expr) -> tuple[Expr, ...]:
    """The operands of a node; none where its type is not registered."""
    try:
        return NODE_TYPES[type(expr)].children(expr)
    except TypeError:
        return ()


def _structure(expr: Expr) -> Any:
    kind = NODE_TYPES.get(type(expr))
    if kind is None or kind.binds is not None:
        return expr
    parts = tuple(map(_part, kind.children(expr)))
    return (type(expr), expr.dtype, kind.attributes(expr), parts)


def _part(expr: Expr) -> Any:
    if isinstance(expr, Var):
        return expr
    return to_linear(expr).key if expr.dtype is INDEX else _structure(expr)


def _substitute_atom(atom: Expr, values: dict[Var, Linear]) -> Linear:
    about = describe(atom)
    if about is None:
        return values.get(atom) or of_atom(atom)  # type: ignore[call-overload]
    if about.vars.isdisjoint(values):
        return of_atom(atom)
    if about.factors:
        result = Linear(1)
        for factor in about.factors:
            result = multiply(result, _substitute_atom(factor, values))
        return result
    from autosched.ir.visitor import substitute as substitute_expr

    exprs = {var: value.to_expr() for var, value in values.items()}
    return to_linear(substitute_expr(atom, exprs))


__all__ = [
    "Atom", "Handlers", "Linear", "affine_handlers", "binary_atom", "describe", "factors_of",
    "has_data", "index", "multiply", "node_atom", "operands", "product_atom", "substitute",
    "to_linear", "vars_of",
]  # fmt: skip
