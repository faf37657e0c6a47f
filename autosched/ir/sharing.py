"""Common subexpressions: in which scope each shared value is computed, once.

A guard is a Select of which only the taken branch is evaluated, so each branch is a scope: a
value computed in one is not available outside. A value used in several scopes is computed in
the innermost scope around them all, before the guards in between, if every path there needs
it or if it is harmless to compute it in vain.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from autosched.ir.expr import Expr, Select
from autosched.ir.node_types import Exprs
from autosched.ir.traverse import Operands, children, postorder

Below = dict[Expr, Exprs]
"""The operands of each node."""

MOST_SCOPES = 16
"""The maximum number of scopes that keep a value; others compute it again."""


class Scope:
    """The outermost scope of some expressions, or a branch of `guard` within `parent`."""

    __slots__ = ("branches", "depth", "guard", "parent", "sooner")

    def __init__(self, parent: Scope | None = None, guard: Select | None = None) -> None:
        self.parent = parent
        self.guard = guard
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.branches: dict[tuple[Select, bool], Scope] = {}
        self.sooner: dict[Select | None, dict[Expr, None]] = {}

    def branch(self, guard: Select, taken: bool) -> Scope:
        """Return the scope of a branch of `guard`, which stands in this one."""
        key = guard, taken
        if key not in self.branches:
            self.branches[key] = Scope(self, guard)
        return self.branches[key]

    def outer(self) -> Iterator[Scope]:
        """Yield the scopes around this one, from the inside out."""
        scope = self.parent
        while scope is not None:
            yield scope
            scope = scope.parent

    def before(self, guard: Select) -> Collection[Expr]:
        """Return the values to compute in this scope before the branches of `guard`."""
        return self.sooner.get(guard, {})


class Sharing:
    """The subexpressions that are used more than once in the expressions `roots`.

    `shared` holds the nodes that occur as operands more than once, `height` is the depth of the
    deepest root, `scope` is the scope of the roots. `is_guard` tells which Selects are guards; a
    node for which `is_harmless` holds may be computed where nothing needs it.
    """

    def __init__(
        self,
        roots: Sequence[Expr],
        is_guard: Callable[[Select], bool],
        is_harmless: Callable[[Expr], bool],
        operands: Operands = children,
    ) -> None:
        below: Below = {}

        def operands_once(node: Expr) -> Exprs:
            found = below[node] = operands(node)
            return found

        order = postorder(roots, operands_once)
        self.scope = Scope()
        self.shared, self.height = _counted(roots, order, below)
        self._is_harmless = is_harmless
        self._uses: dict[Expr, dict[Scope, None]] = {}
        guards: set[Expr] = {n for n in order if self.shared and type(n) is Select and is_guard(n)}
        if guards:
            self._place(roots, [node for node in order if below[node]], guards, below)

    def _place(
        self, roots: Sequence[Expr], order: list[Expr], guards: set[Expr], below: Below
    ) -> None:
        """Find the scopes of every node with operands, visiting users before operands."""
        for root in roots:
            self._use(root, [self.scope])
        for node in reversed(order):
            scopes = self._scopes(node)
            if node not in guards:
                for operand in below[node]:
                    if below[operand]:
                        self._use(operand, scopes)
                continue
            assert isinstance(node, Select)
            self._use(node.condition, scopes)
            self._use(node.then, [scope.branch(node, True) for scope in scopes])
            self._use(node.otherwise, [scope.branch(node, False) for scope in scopes])

    def _use(self, node: Expr, scopes: Sequence[Scope]) -> None:
        uses = self._uses.get(node)
        if uses is None:
            self._uses[node] = dict.fromkeys(scopes)
        else:
            for scope in scopes:
                uses[scope] = None

    def _scopes(self, node: Expr) -> list[Scope]:
        """Return the scopes that compute `node`; enter it before the guards around its uses."""
        uses = self._uses.pop(node)
        if len(uses) == 1 or node not in self.shared:
            return list(uses)
        found = {_common(uses): None} if self._is_harmless(node) else _needed(uses)
        for scope in uses:
            while scope not in found and scope.parent is not None:
                guard, scope = scope.guard, scope.parent
                if scope in found:
                    scope.sooner.setdefault(guard, {})[node] = None
        return list(found)[:MOST_SCOPES]


def _counted(roots: Sequence[Expr], order: Sequence[Expr], below: Below) -> tuple[set[Expr], int]:
    """Return the nodes with operands that are used more than once, and the greatest depth."""
    met = set(roots)
    shared: set[Expr] = set()
    heights: dict[Expr, int] = {}
    for node in order:
        height = 0
        for operand in below[node]:
            (shared if operand in met else met).add(operand)
            height = max(height, heights[operand])
        heights[node] = 1 + height
    return {node for node in shared if heights[node] > 1}, max(heights.values(), default=0)


def _common(scopes: dict[Scope, None]) -> Scope:
    """Return the innermost scope around all of `scopes`."""
    first, *others = scopes
    for other in others:
        around = {other, *other.outer()}
        first = next(scope for scope in (first, *first.outer()) if scope in around)
    return first


def _needed(scopes: dict[Scope, None]) -> dict[Scope, None]:
    """Return the outermost scopes in which every path needs a value that all `scopes` use."""
    found = dict.fromkeys(sorted(scopes, key=lambda scope: -scope.depth))
    todo = list(found)
    while todo:
        scope = todo.pop(0)
        parent = scope.parent
        if parent is None or parent in found:
            continue
        branches = [b for (guard, _), b in parent.branches.items() if guard == scope.guard]
        if len(branches) == 2 and all(branch in found for branch in branches):
            found[parent] = None
            todo.append(parent)
    return {scope: None for scope in found if found.keys().isdisjoint(scope.outer())}
