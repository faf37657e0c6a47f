"""Choices: by a branch, by lanes, and only where needed."""

from __future__ import annotations

from collections.abc import Callable

from autosched.codegen.llvm.state.emitter import Emitter, Value
from autosched.codegen.llvm.text.types import register_type
from autosched.codegen.llvm.values.arithmetic import both, opposite
from autosched.ir.dtype import BOOL, DType
from autosched.ir.expr import Select
from autosched.ir.traverse import Steps


def select(em: Emitter, node: Select) -> Steps:
    """The code of a choice; yields the expressions it needs the values of."""
    condition = yield (node.condition,)
    for early in em.before(node):
        yield (early,)
    if type(condition) is not str:
        return (yield from _branch(em, node, bool(condition)))
    lanes = node.condition.dtype.lanes
    if not em.module.facts.is_guard(node):
        then = yield (node.then,)
        otherwise = yield (node.otherwise,)
        return _choose(em, condition, lanes, then, otherwise, node.dtype)
    if lanes > 1:
        then = yield from _in_lanes(em, node, condition, True)
        otherwise = yield from _in_lanes(em, node, condition, False)
        return _choose(em, condition, lanes, then, otherwise, node.dtype)
    fork = Fork(em, condition, node.dtype)
    for taken in (True, False):
        fork.open()
        fork.close((yield from _branch(em, node, taken)))
    return fork.joined()


class Fork:
    """Two ways from here, of which the first is taken where `condition` holds."""

    def __init__(self, em: Emitter, condition: str, dtype: DType) -> None:
        self._em = em
        self._dtype = dtype
        self._labels = [em.label(), em.label()]
        self._done = em.label()
        self._values: list[str] = []
        em.branch(condition, *self._labels)

    def open(self) -> None:
        """Go the next way."""
        self._em.open(self._labels[len(self._values)])

    def close(self, value: Value) -> None:
        """End the way, `value` being what it comes to."""
        text = self._em.text(value, self._dtype)
        self._values.append(f"[ {text}, %{self._em.block} ]")
        self._em.jump(self._done)

    def joined(self) -> str:
        """The value of the way taken."""
        self._em.open(self._done)
        return self._em.let(f"phi {register_type(self._dtype)} {', '.join(self._values)}")


def when(em: Emitter, condition: str, dtype: DType, then: Callable[[], Value]) -> str:
    """The value of `then`, which is not run but where `condition` holds; else zero."""
    fork = Fork(em, condition, dtype)
    mark = em.mark()
    fork.open()
    value = then()
    fork.close(value)
    em.leave(mark)
    fork.open()
    fork.close(0)
    return fork.joined()


def any_lane(em: Emitter) -> str:
    """Whether any lane may touch memory."""
    lanes = em.mask_lanes
    symbol = f"llvm.vector.reduce.or.v{lanes}i1"
    em.module.declare(symbol, "i1", f"<{lanes} x i1>")
    return em.once(f"call i1 @{symbol}(<{lanes} x i1> {em.mask})")


def _branch(em: Emitter, node: Select, taken: bool) -> Steps:
    """The value of a branch of a choice."""
    mark = em.enter(node, taken)
    value = yield (node.then if taken else node.otherwise,)
    em.leave(mark)
    return value


def _in_lanes(em: Emitter, node: Select, condition: str, taken: bool) -> Steps:
    """The value of a branch of a choice by lane: its loads touch only the lanes that take it."""
    lanes = node.condition.dtype.lanes
    bools = BOOL.with_lanes(lanes)
    outer = em.mask, em.mask_lanes
    if em.module.facts.reads_memory(node.then if taken else node.otherwise):
        active = condition if taken else opposite(em, bools, condition)
        em.mask, em.mask_lanes = both(em, bools, em.mask, active), lanes
    value = yield from _branch(em, node, taken)
    em.mask, em.mask_lanes = outer
    return value


def _choose(
    em: Emitter, condition: str, lanes: int, then: Value, otherwise: Value, dtype: DType
) -> str:
    bools = register_type(BOOL.with_lanes(lanes))
    operands = f"{em.typed(then, dtype)}, {em.typed(otherwise, dtype)}"
    return em.let(f"select {bools} {condition}, {operands}")
