"""Vectorize: loops marked `vectorized` become vector expressions.

A loop of n iterations becomes n // w statements of w lanes and one of the remaining lanes, where
w is the lanes of a register of the widest stored element; more than `MOST_CHUNKS` statements stay
a loop. An index that grows by a constant becomes a ramp; an expression that does not depend on the
loop stays scalar and is broadcast if combined with a vector. A condition on the loop's variable
becomes a mask of the loads and stores that it guards. Values that all iterations add to one
element are added up across the lanes. A loop without a vector form (an index that is not affine in
two dimensions, an inner loop whose extent varies by lane) runs unrolled instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from autosched.ir import build
from autosched.ir.expr import Buffer, Const, Expr, Load, Var
from autosched.ir.rewrite import StmtMutator, substitute
from autosched.ir.stmt import Allocate, Block, For, Function, If, LoopKind, Stmt, Store, block
from autosched.ir.traverse import iter_stmts, own_exprs, walk
from autosched.passes.lane_reduction import combination, merged, reduced
from autosched.passes.widen import NoVectorForm, Widener
from autosched.target.target import Target

MOST_CHUNKS = 256
"""Maximum vectors that a loop is written out as; a tile of registers has far fewer."""

MOST_UNROLLED = 1024
"""Maximum iterations of a loop without vector form that are written out."""


def vectorize(function: Function, target: Target) -> Function:
    """Replace vectorized loops by statements of vectors."""
    return function.with_body(_Vectorize(target).stmt(function.body))


class _Vectorize(StmtMutator):
    def __init__(self, target: Target):
        self._target = target

    def visit_for(self, stmt: For) -> Stmt:
        body = self.stmt(stmt.body)
        if stmt.kind is LoopKind.VECTORIZED:
            return _vectorized(stmt, body, self._target)
        return stmt.with_body(body)


def _vectorized(loop: For, body: Stmt, target: Target) -> Stmt:
    if type(loop.extent) is not Const:
        return For(loop.var, loop.start, loop.extent, LoopKind.SERIAL, body, loop.pragmas)
    extent = int(loop.extent.value)
    width = _lanes(body, target)
    try:
        if extent // width > MOST_CHUNKS:
            return block(*_looped(loop, body, extent, width))
        chunks = [
            _chunk(body, loop.var, build.add(loop.start, first), lanes)
            for first, lanes in _parts(extent, width, _lanes_read(body, target))
        ]
    except NoVectorForm:
        kind = LoopKind.UNROLLED if extent <= MOST_UNROLLED else LoopKind.SERIAL
        return For(loop.var, loop.start, loop.extent, kind, body, loop.pragmas)
    return block(*merged(chunks))


def _looped(loop: For, body: Stmt, extent: int, width: int) -> list[Stmt]:
    """Return a loop over the full vectors, and a statement of the remaining lanes."""
    count, rest = divmod(extent, width)
    number = Var(loop.var.name, loop.var.dtype)
    base = build.add(loop.start, build.mul(number, width))
    full = _chunk(body, loop.var, base, width)
    found: list[Stmt] = [For(number, build.const(0), build.const(count), LoopKind.SERIAL, full)]
    if rest:
        last = build.add(loop.start, count * width)
        found.append(_chunk(body, loop.var, last, rest))
    return found


def _lanes(body: Stmt, target: Target) -> int:
    widest = max(
        (stmt.buffer.dtype.bytes for stmt in iter_stmts(body) if type(stmt) is Store), default=4
    )
    return max(1, target.vector_bits // (8 * widest))


def _lanes_read(body: Stmt, target: Target) -> int:
    """Return the lanes of a register of the widest element that is read."""
    nodes = (node for stmt in iter_stmts(body) for value in own_exprs(stmt) for node in walk(value))
    widest = max((node.buffer.dtype.bytes for node in nodes if type(node) is Load), default=1)
    return target.vector_lanes(widest)


def _parts(extent: int, width: int, least: int) -> Iterator[tuple[int, int]]:
    """Yield the first iteration and the lanes of each statement.

    Vectors that take several registers when they are read have a power of two of lanes: LLVM moves
    sums that are in registers one by one into others, as 48 of int32 that are stored as int8.
    """
    first = 0
    while first < extent:
        lanes = min(width, extent - first)
        if lanes > least:
            lanes = 1 << (lanes.bit_length() - 1)
        yield first, lanes
        first += lanes


def _chunk(body: Stmt, var: Var, base: Expr, lanes: int) -> Stmt:
    if lanes == 1:
        return substitute(body, {var: base})
    return _Chunk(var, base, lanes).stmt(body, None)


class _Chunk:
    """`lanes` iterations of a loop from `base`, as one statement."""

    def __init__(self, var: Var, base: Expr, lanes: int):
        self.lanes = lanes
        self.widen = Widener({var: build.ramp(base, 1, lanes)}, lanes)
        self.expanded: dict[Buffer, Buffer] = self.widen.expanded

    def stmt(self, stmt: Stmt, mask: Expr | None) -> Stmt:
        match stmt:
            case Store():
                return self._store(stmt, mask)
            case Block():
                return block(*(self.stmt(s, mask) for s in stmt.stmts))
            case If():
                return self._if(stmt, mask)
            case For():
                start, extent = self.widen(stmt.start), self.widen(stmt.extent)
                if start.dtype.lanes > 1 or extent.dtype.lanes > 1:
                    raise NoVectorForm
                return For(
                    stmt.var, start, extent, stmt.kind, self.stmt(stmt.body, mask), stmt.pragmas
                )
            case Allocate():
                return self._allocate(stmt, mask)
        raise NoVectorForm

    def _store(self, store: Store, mask: Expr | None) -> Stmt:
        buffer, indices = self.widen.place(store.buffer, store.indices, mask)
        if not any(index.dtype.lanes > 1 for index in indices):
            return self._across_lanes(store, buffer, indices, mask)
        if store.mask is not None:
            raise NoVectorForm
        value = build.broadcast(self.widen(store.value, mask), self.lanes)
        return Store(buffer, indices, value, mask)

    def _across_lanes(
        self, store: Store, buffer: Buffer, indices: tuple[Expr, ...], mask: Expr | None
    ) -> Stmt:
        """Return the store of all iterations to one element: of one value, or of a reduction."""
        found = combination(store)
        if found is None:
            value = self.widen(store.value, mask)
            if value.dtype.lanes > 1 or mask is not None:
                raise NoVectorForm
            return Store(buffer, indices, value, store.mask)
        if store.mask is not None:
            raise NoVectorForm
        combining, value = found
        vector = build.broadcast(self.widen(value, mask), self.lanes)
        return reduced(Load(buffer, indices, buffer.dtype), combining, vector, mask)

    def _if(self, stmt: If, mask: Expr | None) -> Stmt:
        condition = self.widen(stmt.condition)
        if condition.dtype.lanes == 1:
            otherwise = None if stmt.otherwise is None else self.stmt(stmt.otherwise, mask)
            return If(condition, self.stmt(stmt.then, mask), otherwise)
        then = self._masked(stmt.then, condition, mask)
        if stmt.otherwise is None:
            return then
        return block(then, self._masked(stmt.otherwise, build.not_(condition), mask))

    def _masked(self, stmt: Stmt, condition: Expr, mask: Expr | None) -> Stmt:
        """Return `stmt` under a vector condition; it does not run if no lane is active."""
        both = condition if mask is None else build.and_(mask, condition)
        return If(build.call("any_lane", both), self.stmt(stmt, both))

    def _allocate(self, stmt: Allocate, mask: Expr | None) -> Stmt:
        """Give a buffer inside the loop a dimension of lanes: each iteration has its own.

        Branches that are copies of one statement share their buffers, and the loads of them.
        """
        old = stmt.buffer
        if old not in self.expanded:
            shape = (*old.shape, build.const(self.lanes))
            self.expanded[old] = Buffer(old.name, shape, old.dtype, old.scope, None, old.copies)
        return Allocate(self.expanded[old], self.stmt(stmt.body, mask))
