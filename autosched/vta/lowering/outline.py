"""The outline of a loop nest: loops that run in Python, around leaves that become instructions.

A leaf is the largest nest of loops and conditions around one store. Loops of virtual
threads are moved inwards through everything else until they stand around the leaves, so
that what the threads do is interleaved; conditions go the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from autosched.errors import LoweringError
from autosched.ir.expr import Buffer, Const, Expr, Load, Var
from autosched.ir.pragma import Tensorized, find
from autosched.ir.stmt import Allocate, Block, For, If, LoopKind, Stmt, Store
from autosched.ir.traverse import free_vars, walk

Loop = tuple[Var, int]
"""A loop from 0, and its extent."""


@dataclass(slots=True, eq=False)
class Leaf:
    """`store`, done at every point of `loops` where the `conditions` hold.

    `threads` are the virtual threads around it; a thread in `active` needs a run of its own.
    The loops from number `tensorized` on are tensorized.
    """

    store: Store
    loops: list[Loop]
    conditions: list[Expr]
    threads: list[Loop]
    tensorized: int | None
    loads: list[Load] = field(default_factory=list)
    active: list[Loop] = field(default_factory=list)
    region: Region | None = None

    @property
    def depth(self) -> int:
        """The number of loops around its region."""
        return 0 if self.region is None else self.region.depth


@dataclass(slots=True, eq=False)
class Repeat:
    """`body` for every value of `var`."""

    var: Var
    extent: int
    body: Node


@dataclass(slots=True, eq=False)
class Region:
    """Buffers that exist while `body` runs; `depth` counts the loops around it."""

    buffers: list[Buffer]
    threads: list[Loop]
    body: Node
    outer: Region | None
    depth: int


@dataclass(slots=True, eq=False)
class Sequence:
    items: list[Node]


Node = Leaf | Repeat | Region | Sequence


@dataclass(slots=True)
class Outline:
    """The root, and all leaves and regions in program order."""

    root: Node
    leaves: list[Leaf]
    regions: list[Region]


def outline(stmt: Stmt) -> Outline:
    """Return the outline of `stmt`. Raises LoweringError for a loop of symbolic extent."""
    result = Outline(Sequence([]), [], [])
    result.root = _node(stmt, [], [], result, None, 0)
    _activate(result)
    return result


def _node(
    stmt: Stmt,
    threads: list[Loop],
    conditions: list[Expr],
    out: Outline,
    region: Region | None,
    depth: int,
) -> Node:
    leaf = _leaf(stmt, threads, conditions)
    if leaf is not None:
        leaf.region = region
        out.leaves.append(leaf)
        return leaf
    match stmt:
        case Block():
            return Sequence([_node(s, threads, conditions, out, region, depth) for s in stmt.stmts])
        case Allocate():
            buffers = []
            while isinstance(stmt, Allocate):
                buffers.append(stmt.buffer)
                stmt = stmt.body
            made = Region(buffers, threads, Sequence([]), region, depth)
            out.regions.append(made)
            made.body = _node(stmt, threads, conditions, out, made, depth)
            return made
        case If(otherwise=None):
            return _node(stmt.then, threads, [*conditions, stmt.condition], out, region, depth)
        case For():
            loop = _loop(stmt)
            if stmt.kind is LoopKind.VTHREAD:
                return _node(stmt.body, [*threads, loop], conditions, out, region, depth)
            body = _node(stmt.body, threads, conditions, out, region, depth + 1)
            return Repeat(*loop, body)
    raise LoweringError(f"expected loops, conditions and stores, got {stmt}")


def _leaf(stmt: Stmt, threads: list[Loop], conditions: list[Expr]) -> Leaf | None:
    loops: list[Loop] = []
    inside = list(conditions)
    tensorized: int | None = None
    while not isinstance(stmt, Store):
        if isinstance(stmt, For):
            if find(stmt.pragmas, Tensorized):
                tensorized = len(loops)
            loops.append(_loop(stmt))
            stmt = stmt.body
        elif isinstance(stmt, If) and stmt.otherwise is None:
            inside.append(stmt.condition)
            stmt = stmt.then
        else:
            return None
    loads = [node for node in walk(stmt.value) if type(node) is Load]
    return Leaf(stmt, loops, inside, threads, tensorized, loads)


def _loop(stmt: For) -> Loop:
    if type(stmt.extent) is not Const:
        raise LoweringError(
            f"expected loops of constant extents on the accelerator, got {stmt.var.name} of "
            f"extent {stmt.extent}",
            hint="build the expression for the sizes it will run with",
        )
    return stmt.var, int(stmt.extent.value)


def _activate(out: Outline) -> None:
    """Find the threads that need a run of their own of each leaf, or of a buffer it reads."""
    inside = {b: {t for t, _ in r.threads} for r in out.regions for b in r.buffers}
    differs: dict[Buffer, set[Var]] = {buffer: set() for buffer in inside}
    own = [(leaf, _threads_used(leaf)) for leaf in out.leaves if leaf.threads]
    changed = bool(own)
    while changed:
        changed = False
        for leaf, used in own:
            target = leaf.store.buffer
            for load in leaf.loads:
                used |= differs.get(load.buffer, set())
            used |= differs.get(target, set())
            grown = used & inside.get(target, set())
            if not grown <= differs.get(target, set()):
                differs[target] |= grown
                changed = True
    for leaf, used in own:
        leaf.active = [loop for loop in leaf.threads if loop[0] in used]


def _threads_used(leaf: Leaf) -> set[Var]:
    names: set[Var] = set()
    for expr in (*leaf.store.indices, leaf.store.value, *leaf.conditions):
        names |= free_vars(expr)
    return {var for var, _ in leaf.threads if var in names}
