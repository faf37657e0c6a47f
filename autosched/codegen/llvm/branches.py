"""Choices: by a branch, by lanes, and only where needed."""

from __future__ import annotations

from collections.abc import Callable

from autosched.codegen.llvm.arithmetic import both, opposite
from autosched.codegen.llvm.context import Emitter, Value
from autosched.codegen.llvm.types import register_type
from autosched.ir.dtype import BOOL, DType
from autosched.ir.expr import Expr, Select


def select(em: Emitter, node: Select) -> Value:
    condition = em.value(node.condition)
    if type(condition) is not str:
        return em.value(node.then if condition else node.otherwise)
    lanes = node.condition.dtype.lanes
    if lanes > 1:
        then = _in_lanes(em, node.then, condition, lanes)
        otherwise = _in_lanes(em, node.otherwise, condition, lanes, inverted=True)
        return _choose(em, condition, lanes, then, otherwise, node.dtype)
    facts = em.module.facts
    if facts.reads_memory(node.then) or facts.reads_memory(node.otherwise):
        return when(
            em,
            condition,
            node.dtype,
            lambda: em.value(node.then),
            lambda: em.value(node.otherwise),
        )
    return _choose(em, condition, 1, em.value(node.then), em.value(node.otherwise), node.dtype)


def when(
    em: Emitter,
    condition: str,
    dtype: DType,
    then: Callable[[], Value],
    otherwise: Callable[[], Value] = lambda: 0,
) -> str:
    """The value of the branch taken; the other one is jumped over."""
    labels = em.label(), em.label()
    done = em.label()
    em.branch(condition, *labels)
    arms = []
    for label, emit in zip(labels, (then, otherwise), strict=True):
        known, em.cache = em.cache, dict(em.cache)
        em.open(label)
        value = em.text(emit(), dtype)
        arms.append(f"[ {value}, %{em.block} ]")
        em.jump(done)
        em.cache = known
    em.open(done)
    return em.let(f"phi {register_type(dtype)} {', '.join(arms)}")


def any_lane(em: Emitter) -> str:
    """Whether any lane may touch memory."""
    lanes = em.mask_lanes
    symbol = f"llvm.vector.reduce.or.v{lanes}i1"
    em.module.declare(symbol, "i1", f"<{lanes} x i1>")
    return em.once(f"call i1 @{symbol}(<{lanes} x i1> {em.mask})")


def _in_lanes(
    em: Emitter, branch: Expr, condition: str, lanes: int, inverted: bool = False
) -> Value:
    """A branch of a choice by lane: its loads touch only the lanes that take it."""
    if not em.module.facts.reads_memory(branch):
        return em.value(branch)
    bools = BOOL.with_lanes(lanes)
    taken = opposite(em, bools, condition) if inverted else condition
    outer = em.mask, em.mask_lanes
    em.mask, em.mask_lanes = both(em, bools, em.mask, taken), lanes
    value = em.value(branch)
    em.mask, em.mask_lanes = outer
    return value


def _choose(
    em: Emitter, condition: str, lanes: int, then: Value, otherwise: Value, dtype: DType
) -> str:
    bools = register_type(BOOL.with_lanes(lanes))
    operands = f"{em.typed(then, dtype)}, {em.typed(otherwise, dtype)}"
    return em.let(f"select {bools} {condition}, {operands}")
