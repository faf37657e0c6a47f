"""Makes linear forms of expressions, with a table that makes equal atoms one node."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from autosched.analysis.handlers import Handlers, Memo, remembered, sum_handler
from autosched.analysis.linear import Linear, Terms, nonzero, of_atom
from autosched.ir import expr as e
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Expr, Var
from autosched.ir.structure import number_nodes
from autosched.ir.traverse import children, postorder

MAX_ATOMS = 100_000
"""The table is emptied at this size; then equal atoms from before and after are different."""


@dataclass(slots=True, eq=False)
class Atom:
    """The facts about a node that is not affine.

    `operands` are those of a division, modulo, minimum or maximum, and the branches of a Select;
    `factors` are those of a product. `data` tells whether its value comes from memory or from an
    unknown node, so that nothing is known of it; an integer of fewer than 64 bits is not data.
    """

    kind: type
    vars: frozenset[Var]
    data: bool
    operands: tuple[Linear, ...] = ()
    factors: tuple[Expr, ...] = ()


_TABLE: dict[Any, Expr] = {}
_ATOMS: dict[Expr, Atom] = {}
_NUMBERS: dict[Any, int] = {}
_NO_VARS: frozenset[Var] = frozenset()


def to_linear(expr: Expr) -> Linear:
    """Return the linear form of a scalar index expression; other operations become atoms."""
    return _linear(expr, Memo())


def binary_atom(kind: type[e.Binary], a: Linear, b: Linear) -> Expr:
    """Return the one node of `kind` with these operands."""
    key = (kind, a.key, b.key)
    atom = _TABLE.get(key)
    if atom is None:
        atom = _enter(key, kind(a.to_expr(), b.to_expr(), INDEX))
        _ATOMS[atom] = _of_operands(kind, a, b)
    return atom


def product_atom(factors: tuple[Expr, ...]) -> Expr:
    """Return the one node that multiplies these atoms, whatever their order."""
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
        _ATOMS[atom] = Atom(e.Mul, names, has_data(factors), factors=factors)
    return atom


def node_atom(expr: Expr) -> Expr:
    """Return the one node with the content of `expr`, which is neither a variable nor affine."""
    return _node_atom(expr, Memo())


def _node_atom(expr: Expr, memo: Memo) -> Expr:
    key = _structure(expr, memo)
    atom = _TABLE.get(key)
    if atom is None:
        atom = _enter(key, expr)
        _ATOMS[atom] = _describe_node(atom)
    return atom


def describe(atom: Expr) -> Atom | None:
    """Return the facts about an atom; None for a variable."""
    known = _ATOMS.get(atom)
    if known is None and not isinstance(atom, Var):
        known = _ATOMS[atom] = _describe(atom)
    return known


def factors_of(atom: Expr) -> tuple[Expr, ...]:
    """Return the factors of an atom; the atom itself if it is no product."""
    about = describe(atom)
    return about.factors or (atom,) if about is not None else (atom,)


def vars_of(linear: Linear) -> frozenset[Var]:
    """Return the variables that occur anywhere in a linear form."""
    result: set[Var] = set()
    for atom in linear.terms:
        about = describe(atom)
        if about is None:
            result.add(atom)  # type: ignore[arg-type]
        else:
            result |= about.vars
    return frozenset(result)


def depends_on(linear: Linear, var: Var) -> bool:
    """Tell whether `var` occurs anywhere in a linear form."""
    known = [(atom, describe(atom)) for atom in linear.terms]
    return any(atom is var if about is None else var in about.vars for atom, about in known)


def has_data(atoms: Iterable[Expr]) -> bool:
    """Tell whether a value from memory, whose range is unknown, occurs in one of the atoms."""
    for atom in atoms:
        if type(atom) is not Var:
            about = describe(atom)
            if about is not None and about.data:
                return True
    return False


def multiply(a: Linear, b: Linear) -> Linear:
    """Return the product, multiplied out; products of atoms become atoms."""
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


def affine_handlers(table: Handlers) -> None:
    """Add handlers of sums and products to `table`, which handles their operands."""

    def product(expr: Any, memo: Memo) -> Linear:
        sides: list[Linear] = []
        for side in (expr.a, expr.b):
            terms: Terms = {}
            sides.append(nonzero(table[type(side)](side, 1, terms, memo), terms))
        return multiply(*sides)

    sums = sum_handler(table, remembered(table, product))
    table.update(dict.fromkeys((e.Add, e.Sub, e.Mul), sums))


def _binary(expr: e.Binary, memo: Memo) -> Linear:
    if expr in _ATOMS:
        return of_atom(expr)
    return of_atom(binary_atom(type(expr), _linear(expr.a, memo), _linear(expr.b, memo)))


def _linear(expr: Expr, memo: Memo) -> Linear:
    terms: Terms = {}
    return nonzero(AFFINE[type(expr)](expr, 1, terms, memo), terms)


def _node(expr: Expr, memo: Memo) -> Linear:
    return of_atom(expr if expr in _ATOMS else _node_atom(expr, memo))


AFFINE = Handlers(_node, children)
affine_handlers(AFFINE)
AFFINE.update(dict.fromkeys((e.FloorDiv, e.FloorMod, e.Min, e.Max), remembered(AFFINE, _binary)))


def _enter(key: Any, atom: Expr) -> Expr:
    if len(_TABLE) >= MAX_ATOMS:
        _TABLE.clear()
        _ATOMS.clear()
        _NUMBERS.clear()
    _TABLE[key] = atom
    return atom


def _describe(atom: Expr) -> Atom:
    kind = type(atom)
    if kind in (e.FloorDiv, e.FloorMod, e.Min, e.Max):
        return _of_operands(kind, to_linear(atom.a), to_linear(atom.b))  # type: ignore[attr-defined]
    if kind is e.Mul:
        a, b = to_linear(atom.a), to_linear(atom.b)  # type: ignore[attr-defined]
        factors = tuple(f for part in (a, b) for x in part.terms for f in factors_of(x))
        return Atom(kind, vars_of(a) | vars_of(b), has_data(factors), factors=factors)
    return _describe_node(atom)


def _of_operands(kind: type, a: Linear, b: Linear) -> Atom:
    return Atom(kind, vars_of(a) | vars_of(b), has_data(a.terms) or has_data(b.terms), (a, b))


def _describe_node(expr: Expr) -> Atom:
    names = _free_vars(expr)
    if type(expr) is e.Select:
        a, b = to_linear(expr.then), to_linear(expr.otherwise)
        return Atom(e.Select, names, has_data(a.terms) or has_data(b.terms), (a, b))
    narrow = type(expr) is e.Cast and not expr.value.dtype.is_float and expr.value.dtype.bits < 64
    return Atom(type(expr), names, not narrow)


def _free_vars(expr: Expr) -> frozenset[Var]:
    return frozenset(node for node in postorder((expr,)) if isinstance(node, Var))


def _structure(expr: Expr, memo: Memo) -> Any:
    """Return a key that is equal for nodes whose operands have equal content or linear forms."""
    below = postorder(children(expr), lambda node: () if node.dtype is INDEX else children(node))
    indices = [node for node in below if node.dtype is INDEX]
    return number_nodes(expr, _NUMBERS, {node: _linear(node, memo).key for node in indices})
