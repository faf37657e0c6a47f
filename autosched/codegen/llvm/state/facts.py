"""Finds facts about a loop nest, each once for a node."""

from __future__ import annotations

from autosched.ir.effects import written_by
from autosched.ir.expr import Address, Broadcast, Buffer, Expr, Load, Select, Var
from autosched.ir.stmt import For, Stmt, Store
from autosched.ir.traverse import Contains, child_stmts, iter_stmts, own_exprs, walk
from autosched.ir.update import update


class Facts:
    """Facts about the nodes of one module, which must live as long as this does."""

    def __init__(self) -> None:
        self.reads_memory = Contains(lambda node: type(node) is Load)
        """Whether an expression loads anything, so that it must not be evaluated needlessly."""
        self.both_sides: dict[Select, Expr] = {}
        """The choices found by `state.both_sides`, with their conditions in all lanes."""
        self._nodes: dict[Stmt, tuple[Expr, ...]] = {}
        self._writes: dict[Stmt, tuple[Buffer, ...]] = {}
        self._updates: dict[Store, tuple[Load, Expr] | None] = {}

    def is_guard(self, choice: Select) -> bool:
        """Tell whether only the taken branch may be evaluated."""
        if choice in self.both_sides:
            return False
        return self.reads_memory(choice.then) or self.reads_memory(choice.otherwise)

    def nodes(self, stmt: Stmt) -> tuple[Expr, ...]:
        """Return the nodes of the expressions of `stmt`, without those of statements inside it."""
        known = self._nodes.get(stmt)
        if known is None:
            found: dict[Expr, None] = {}
            for root in own_exprs(stmt):
                found.update(dict.fromkeys(walk(root)))
            known = self._nodes[stmt] = tuple(found)
        return known

    def written(self, stmt: Stmt) -> tuple[Buffer, ...]:
        """Return the buffers that `stmt` stores to, or functions outside may."""
        answer = self._writes.get(stmt)
        if answer is None:
            found = dict.fromkeys(written_by(stmt))
            for child in child_stmts(stmt):
                found.update(dict.fromkeys(self.written(child)))
            self._writes[stmt] = answer = tuple(found)
        return answer

    def widths(self, stmt: Stmt) -> dict[Buffer, set[int]]:
        """Return for how many lanes scalars of each buffer are repeated in `stmt`."""
        found: dict[Buffer, set[int]] = {}
        for each in iter_stmts(stmt):
            for node in self.nodes(each):
                if type(node) is Broadcast and type(node.value) is Load:
                    found.setdefault(node.value.buffer, set()).add(node.dtype.lanes)
        return found

    def update(self, store: Store) -> tuple[Load, Expr] | None:
        """Return the load and the operand of a reduction's update; None for another store."""
        if store not in self._updates:
            self._updates[store] = update(store)
        return self._updates[store]


def used(stmt: Stmt) -> tuple[list[Var], list[Buffer]]:
    """Return the variables and the buffers that a statement uses, in order of their first use."""
    variables: dict[Var, None] = {}
    buffers: dict[Buffer, None] = {}
    for node in walk(stmt):
        if isinstance(node, Var):
            variables[node] = None
        elif isinstance(node, Load | Address):
            buffers[node.buffer] = None
    for each in iter_stmts(stmt):
        buffers.update(dict.fromkeys(written_by(each)))
    for buffer in buffers:
        for extent in (*buffer.shape, *(buffer.strides or ())):
            variables.update((node, None) for node in walk(extent) if isinstance(node, Var))
    return list(variables), list(buffers)


def is_plain(stmt: Stmt) -> bool:
    """Tell whether a loop body is scalar code without loops, for LLVM to vectorize and unroll."""
    if any(type(inner) is For for inner in iter_stmts(stmt)):
        return False
    return all(node.dtype.lanes == 1 for node in walk(stmt))
