"""Emits choices between values by a branch, lane by lane, or by code that runs only if needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import Value, register_type
from autosched.codegen.llvm.values.arithmetic import both, opposite
from autosched.ir.dtype import BOOL, DType
from autosched.ir.expr import Select
from autosched.ir.traverse import Steps


def select(em: Emitter, node: Select) -> Steps:
    """Emit a Select; yields the expressions whose values it needs."""
    test = em.module.facts.both_sides.get(node, node.condition)
    condition = yield (test,)
    for early in em.before(node):
        yield (early,)
    if type(condition) is not str:
        return (yield from _branch(em, node, bool(condition), always=True))
    lanes = test.dtype.lanes
    if not em.module.facts.is_guard(node):
        then = yield (node.then,)
        otherwise = yield (node.otherwise,)
        return em.select(condition, node.dtype, then, otherwise, lanes)
    if lanes > 1:
        then = yield from _in_lanes(em, node, condition, True)
        otherwise = yield from _in_lanes(em, node, condition, False)
        return em.select(condition, node.dtype, then, otherwise, lanes)
    fork = Fork(em, condition, node.dtype)
    for taken in (True, False):
        with fork.path():
            fork.give((yield from _branch(em, node, taken)))
    return fork.joined()


class Fork:
    """Two paths that join again; the first is taken if `condition` holds."""

    def __init__(self, em: Emitter, condition: str, dtype: DType) -> None:
        self._em = em
        self._dtype = dtype
        self._labels = [em.label(), em.label()]
        self._done = em.label()
        self._values: list[tuple[str, str]] = []
        em.branch(condition, *self._labels)

    @contextmanager
    def path(self) -> Iterator[None]:
        """Emit the next path."""
        self._em.open(self._labels[len(self._values)])
        yield
        self._em.jump(self._done)

    def give(self, value: Value) -> None:
        """Set the value of the current path, at its end."""
        self._values.append((self._em.text(value, self._dtype), self._em.block))

    def joined(self) -> str:
        """Return the value of the path that was taken."""
        self._em.open(self._done)
        return self._em.let(llvm.phi(register_type(self._dtype), self._values))


def when(em: Emitter, condition: str, dtype: DType, then: Callable[[], Value]) -> str:
    """Emit the value of `then`, which runs only if `condition` holds; else zero."""
    fork = Fork(em, condition, dtype)
    with em.passing(), fork.path():
        fork.give(then())
    with fork.path():
        fork.give(0)
    return fork.joined()


def any_lane(em: Emitter) -> str:
    """Emit whether any lane may touch memory."""
    mask = llvm.vector("i1", em.mask_lanes), em.mask
    return em.once(em.called(f"llvm.vector.reduce.or.v{em.mask_lanes}i1", "i1", mask))


def _branch(em: Emitter, node: Select, taken: bool, *, always: bool = False) -> Steps:
    """Emit a branch of a choice, whose code runs only if it is taken or `always`."""
    with em.passing(node, taken, always=always):
        return (yield (node.then if taken else node.otherwise,))


def _in_lanes(em: Emitter, node: Select, condition: str, taken: bool) -> Steps:
    """Emit the branch for lanes whose condition is `taken`; loads touch no other lanes."""
    if not em.module.facts.reads_memory(node.then if taken else node.otherwise):
        return (yield from _branch(em, node, taken, always=True))
    lanes = node.condition.dtype.lanes
    bools = BOOL.with_lanes(lanes)
    active = condition if taken else opposite(em, bools, condition)
    with em.having(mask=both(em, bools, em.mask, active), mask_lanes=lanes):
        return (yield from _branch(em, node, taken, always=True))
