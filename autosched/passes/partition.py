"""Partition: full tiles run without conditions, the partial tile runs in a copy of the code.

At the innermost loop that a split marked, each condition inside that depends on this loop and on
inner loops is decided for all inner iterations at once: `io*8 + ii < 127` for `ii in 0..8` by
`io*8 + 7 < 127`. If that holds, a copy of the body without the condition runs, otherwise the
original body. If only one tile can be partial, its number replaces the loop variable in the
condition, so that its inner loops get exact extents: `15*8 + ii < 127`. Conditions on values that
the tile itself computes are left, and so are those on elements that may be read where another
condition holds only.

The last of several blocks of tiles may have tiles without points: a condition around these leaves
the loop only one partial tile, and `tighten` makes it a bound of the loop. What it can make a bound
of a loop around code that is written out needs no copy, which would have the same code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from math import gcd

from autosched.analysis.bounds import Bounds
from autosched.analysis.inequalities import conjuncts, nonnegative_forms
from autosched.analysis.inside import reads_inside
from autosched.analysis.linear import Linear
from autosched.analysis.simplify import prove, simplify
from autosched.ir.build import and_, const, le, lt
from autosched.ir.effects import lasting, may_change
from autosched.ir.expr import Buffer, Const, Expr, Load, Select, Var
from autosched.ir.pragma import LoopPragma, Partitioned, find
from autosched.ir.rewrite import StmtMutator, replace_nodes
from autosched.ir.stmt import Allocate, Block, For, Function, If, LoopKind, Stmt, block
from autosched.ir.structure import ExprKeys
from autosched.ir.traverse import child_stmts, free_vars, iter_stmts, own_exprs, walk
from autosched.passes.bounding import bounding, of_step
from autosched.passes.rows import chosen_by_row
from autosched.target.target import Target

Range = tuple[int, int]


def partition(function: Function, target: Target) -> Function:
    """Separate full tiles from the partial tile of each marked loop."""
    known = _Known(target, frozenset(function.sizes))
    return function.with_body(_Partition(Bounds(), known).stmt(function.body))


@dataclass(slots=True)
class _Group:
    """Conditions that hold for all inner iterations exactly if `holds` does.

    `holds` is `outer >= 0`. Each member is a condition and the form that it requires to be >= 0.
    """

    holds: Expr
    outer: Linear
    members: list[tuple[Expr, Linear]]
    has_two_ends: bool = False
    """Whether it has the conditions of both ends of a window."""
    is_tail: bool = False
    """Whether it has a condition of statements: the partial tile has fewer points."""

    def is_of(self, conditions: set[Expr]) -> bool:
        """Tell whether any of `conditions` is one of the group."""
        return any(member in conditions for member, _ in self.members)


class _Known:
    """Facts about expressions that nested loops share."""

    def __init__(self, target: Target, sizes: frozenset[Var]) -> None:
        self.target = target
        self.sizes = sizes
        self.choices = cache(_choices)
        self.forms = cache(nonnegative_forms)
        self.vars = cache(free_vars)
        self.steps = cache(of_step)


class _Partition(StmtMutator):
    def __init__(self, bounds: Bounds, known: _Known) -> None:
        self.bounds = bounds
        self.known = known

    def where(self, condition: Expr, stmt: Stmt) -> _Partition:
        return _Partition(self.bounds.where(lasting(condition, stmt)), self.known)

    def inside(self, loop: For) -> _Partition:
        return _Partition(self.bounds.inside(loop.var, loop.start, loop.extent), self.known)

    def visit_for(self, stmt: For) -> Stmt:
        pragmas, marked = _without_mark(stmt)
        inside = self.inside(stmt)
        body = inside._tile(stmt.var, stmt.body) if marked else inside.stmt(stmt.body)
        if not marked:
            return stmt.with_body(body)
        return For(stmt.var, stmt.start, stmt.extent, stmt.kind, body, pragmas)

    def _tile(self, var: Var, body: Stmt) -> Stmt:
        """Return the body of a marked loop, split by each group of conditions in turn."""
        if isinstance(body, If) and body.otherwise is None:
            inside = self.where(body.condition, body.then)
            return If(body.condition, inside._tile(var, body.then))
        groups = self._groups(var, body)
        begun = self._begun(groups, body)
        if begun is None:
            return self._parted(body, groups)
        return If(begun, self.where(begun, body)._parted(body, groups))

    def _parted(self, body: Stmt, groups: list[_Group]) -> Stmt:
        conditions = set(self._deciding(body)) if groups else set()
        here = [group for group in groups if group.is_of(conditions)]
        return self._around(body, here) if here else self.stmt(body)

    def _around(self, body: Stmt, groups: list[_Group]) -> Stmt:
        """Split by each group, outside of the loops of a tile.

        Conditions of one statement alone, such as padding, split that: copies share the others.
        """
        if isinstance(body, Allocate):
            return _allocated(body.buffer, self._around(body.body, groups))
        if isinstance(body, For) and _has_tile(body):
            pragmas, marked = _without_mark(body)
            inside = self.inside(body)
            own = inside._groups(body.var, body.body) if marked else []
            begun = inside._begun(own, body.body)
            if begun is None:
                inner = inside._around(body.body, groups + own)
            else:
                within = inside.where(begun, body.body)
                inner = If(begun, within._around(body.body, groups + own))
            return For(body.var, body.start, body.extent, body.kind, inner, pragmas)
        wide = groups
        if isinstance(body, Block):
            conditions = [set(self._deciding(stmt)) for stmt in body.stmts]
            counts = [sum(map(group.is_of, conditions)) for group in groups]
            wide = [g for g, n in zip(groups, counts, strict=True) if n > 1 or (n and g.is_tail)]
            if not wide:
                return block(*(self._parted(stmt, groups) for stmt in body.stmts))
            has_it = [wide[0].is_of(each) for each in conditions]
            if not all(has_it):
                return block(*(self._parted(run, groups) for run in _runs(body, has_it)))
        first = wide[0]
        others = [group for group in groups if group is not first]
        full: dict[Expr, Expr] = {member: const(True) for member, _ in first.members}
        rest = self._left_over(first)
        return If(
            first.holds,
            self._parted(replace_nodes(body, full), others),
            self._parted(replace_nodes(body, rest), others),
        )

    def _groups(self, var: Var, body: Stmt) -> list[_Group]:
        deeper = _marked_vars(body)
        conditions = [each for each in self._conditions(body) if self._is_of(each, var, deeper)]
        if not conditions:
            return []
        inner = _constant_ranges(body)
        groups: dict[int, _Group] = {}
        keys = ExprKeys()
        tails = {part for s in iter_stmts(body) if type(s) is If for part in conjuncts(s.condition)}
        chosen = chosen_by_row(body, self.known.target)
        for condition in conditions:
            if condition in chosen or may_change(condition, body):
                continue
            forms = self.known.forms(condition)
            if forms is None or len(forms) > 1:
                continue
            outer = _without_inner(forms[0], inner)
            if outer is None or len(outer.terms) == len(forms[0].terms):
                continue
            holds = simplify(_holds(outer), self.bounds)
            if type(holds) is not Const and reads_inside(holds, self.bounds):
                group = groups.setdefault(keys.of(holds), _Group(holds, outer, []))
                group.members.append((condition, forms[0]))
                group.is_tail |= condition in tails
        deciding = set(self._deciding(body)) if groups else set()
        return _joined([each for each in groups.values() if each.is_of(deciding)], body)

    def _is_of(self, condition: Expr, var: Var, deeper: set[Var]) -> bool:
        """Tell whether a condition depends on the loop over `var`, and on no marked one inside."""
        used = self.known.vars(condition)
        return var in used and deeper.isdisjoint(used)

    def _conditions(self, body: Stmt) -> Iterator[Expr]:
        """Yield the conditions of `body` and of the Selects in it, with conjunctions split."""
        stmts = list(iter_stmts(body))
        for stmt in stmts:
            if type(stmt) is If:
                yield from conjuncts(stmt.condition)
        for stmt in stmts:
            yield from self.known.choices(stmt)

    def _deciding(self, body: Stmt) -> Iterator[Expr]:
        """Yield the conditions but those of which `tighten` makes bounds of loops around long code.

        That code would be the same in a copy.
        """
        bounds = set(bounding(body, self.known.forms, self.known.steps))
        return (each for each in self._conditions(body) if each not in bounds)

    def _begun(self, groups: list[_Group], body: Stmt) -> Expr | None:
        """Return the condition that a tile has points, if several would be partial without it.

        The last block has the loops over tiles of the others, of which the last ones are empty.
        Up to a symbolic end, any number of them are.
        """
        inner = _constant_ranges(body) if groups else {}
        for group in groups:
            if group.has_two_ends or not _guards(group, body) or self._is_last(group, self.bounds):
                continue
            most = [_without_inner(form, inner, least=False) for _, form in group.members]
            if not self.known.sizes.isdisjoint(free_vars(group.holds)):
                if most[0] is not None and all(each == most[0] for each in most):
                    begun = simplify(_holds(most[0]), self.bounds)
                    if type(begun) is not Const:
                        return begun
                continue
            ends = [_tiles(form) for form in most if form is not None]
            tile, _ = _tiles(group.outer)
            if len(ends) == len(most) and all(other == tile for other, _ in ends):
                begun = lt(tile.to_expr(), const(max(end for _, end in ends)))
                if self._is_last(group, self.bounds.where(begun)):
                    return begun
        return None

    def _is_last(self, group: _Group, bounds: Bounds) -> bool:
        """Tell whether the first partial tile is the last one."""
        tile, first = _tiles(group.outer)
        return prove(le(tile.to_expr(), const(first)), bounds) is True

    def _left_over(self, group: _Group) -> dict[Expr, Expr]:
        """Return the conditions of a group for the partial tile, if there is only one."""
        if group.has_two_ends or not self._is_last(group, self.bounds):
            return {}
        tile, first = _tiles(group.outer)
        replaced: dict[Expr, Expr] = {}
        for member, form in group.members:
            times = _multiple(form, tile)
            if times is None:
                continue
            for atom in tile.terms:
                form = form.without(atom)
            replaced[member] = _holds(form + times * first)
        return replaced


def _tiles(form: Linear) -> tuple[Linear, int]:
    """Return the number of a tile, and how many there are of which `form >= 0` holds."""
    step = gcd(*form.terms.values())
    tile = Linear(0, {atom: -k // step for atom, k in form.terms.items()})
    return tile, form.const // step + 1


def _guards(group: _Group, stmt: Stmt) -> bool:
    """Tell whether `stmt` does nothing where no condition of the group holds."""
    if isinstance(stmt, If) and group.is_of(set(conjuncts(stmt.condition))):
        return stmt.otherwise is None
    inner = child_stmts(stmt)
    return bool(inner) and all(_guards(group, each) for each in inner)


def _runs(body: Block, marks: Sequence[bool]) -> list[Stmt]:
    """Return the statements with equal marks that follow one another, as one statement each."""
    pairs = groupby(zip(marks, body.stmts, strict=True), key=lambda pair: pair[0])
    return [block(*(stmt for _, stmt in run)) for _, run in pairs]


def _allocated(buffer: Buffer, stmt: Stmt) -> Stmt:
    """Return `stmt` with its buffer, of which each copy has one of its own.

    A buffer that full tiles share with one whose vectors are shorter would not be in registers.
    """
    if isinstance(stmt, If) and stmt.otherwise is not None:
        then, otherwise = _allocated(buffer, stmt.then), _allocated(buffer, stmt.otherwise)
        return If(stmt.condition, then, otherwise)
    return Allocate(buffer, stmt)


def _without_mark(loop: For) -> tuple[tuple[LoopPragma, ...], bool]:
    """Return the other pragmas of a loop, and whether it is marked."""
    others = tuple(p for p in loop.pragmas if type(p) is not Partitioned)
    return others, len(others) != len(loop.pragmas)


def _has_tile(loop: For) -> bool:
    """Tell whether each step of `loop` has a buffer of its own, of which parts may be shared."""
    if loop.kind is not LoopKind.SERIAL:
        return False
    body: Stmt = loop.body
    while isinstance(body, For):
        body = body.body
    return isinstance(body, Allocate)


def _joined(groups: list[_Group], body: Stmt) -> list[_Group]:
    """Join the groups of the two ends of a window.

    The first and the last row of an image share a copy: in each iteration of serial loops the
    conditions are the same for all points. So do the first and the last point of a row where the
    conditions choose an address: the code generator finds which points of a tile meet an end.
    """
    if len(groups) < 2:
        return groups
    loops = [stmt for stmt in iter_stmts(body) if type(stmt) is For]
    lanes = {loop.var for loop in loops if loop.kind is LoopKind.VECTORIZED}
    points = {loop.var for loop in loops if loop.kind.is_written_out}
    branches = _branches(body)

    def may_join(group: _Group) -> bool:
        used = {var for member, _ in group.members for var in free_vars(member)}
        if group.has_two_ends or points.isdisjoint(used):
            return not group.has_two_ends
        own = {member for member, _ in group.members}
        return not group.is_tail and lanes.isdisjoint(used) and branches.isdisjoint(own)

    joined: list[_Group] = []
    for group in groups:
        ends = (each for each in joined if each.outer.terms == (-group.outer).terms)
        other = next(ends, group)
        if other is group or not may_join(group) or not may_join(other):
            joined.append(group)
        else:
            other.holds = and_(other.holds, group.holds)
            other.members += group.members
            other.has_two_ends = True
            other.is_tail |= group.is_tail
    return joined


def _branches(body: Stmt) -> set[Expr]:
    """Return the parts of the conditions of choices that take more than an address."""
    choices = (node for node in walk(body) if type(node) is Select)
    others = (each for each in choices if type(each.then) is not Load)
    return {part for each in others for part in conjuncts(each.condition)}


def _holds(form: Linear) -> Expr:
    """Return the condition `form >= 0`."""
    return lt((-form - 1).to_expr(), const(0))


def _multiple(linear: Linear, tile: Linear) -> int | None:
    """Return n if `linear` has the terms of `tile` n times; None if that differs by term."""
    times = {linear.terms.get(atom, 0) // k for atom, k in tile.terms.items()}
    if len(times) != 1:
        return None
    (count,) = times
    exact = all(linear.terms.get(atom, 0) == count * k for atom, k in tile.terms.items())
    return count if exact else None


def _marked_vars(body: Stmt) -> set[Var]:
    loops = (stmt for stmt in iter_stmts(body) if type(stmt) is For)
    return {loop.var for loop in loops if find(loop.pragmas, Partitioned)}


def _choices(stmt: Stmt) -> list[Expr]:
    """Return the conditions of the Selects in a statement itself, with conjunctions split."""
    nodes = [node for root in own_exprs(stmt) for node in walk(root)]
    choices = [node for node in nodes if type(node) is Select]
    return [part for each in choices for part in conjuncts(each.condition)]


def _constant_ranges(body: Stmt) -> dict[Var, Range | None]:
    """Return the first and last value of each loop variable in `body`; None if not constant."""
    ranges: dict[Var, Range | None] = {}
    for stmt in iter_stmts(body):
        if type(stmt) is For:
            ranges[stmt.var] = None
            if type(stmt.start) is Const and type(stmt.extent) is Const:
                first = int(stmt.start.value)
                ranges[stmt.var] = first, first + int(stmt.extent.value) - 1
    return ranges


def _without_inner(
    linear: Linear, inner: dict[Var, Range | None], least: bool = True
) -> Linear | None:
    """Return the least or the greatest value of `linear` over the inner iterations, if constant."""
    result = linear
    for atom, coefficient in linear.terms.items():
        if inner.keys().isdisjoint(free_vars(atom)):
            continue
        span = inner.get(atom) if type(atom) is Var else None
        if span is None:
            return None
        result = result.without(atom) + coefficient * span[(coefficient > 0) is not least]
    return result
