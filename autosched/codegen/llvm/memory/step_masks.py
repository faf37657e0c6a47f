"""Emits masks of elements that are neighbours in memory: the steps of a loop, for each lane."""

from __future__ import annotations

from collections.abc import Callable

from autosched.codegen.llvm.memory.transposed import values_of_steps
from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.text import instructions as llvm
from autosched.ir.expr import Expr
from autosched.ir.stmt import Store


def mask_of_steps(
    em: Emitter, store: Store, condition: Expr, steps: int, bind: Callable[[int], None]
) -> str:
    """Emit a condition by lane in each of several steps, a power of two, the steps side by side.

    The store under way reads elements where the condition holds.
    """
    masks = values_of_steps(em, store, condition, range(steps), bind)
    lanes = condition.dtype.lanes
    while len(masks) > 1:
        half, kind = len(masks) // 2, llvm.vector("i1", lanes)
        order = [lane + side * lanes for lane in range(lanes) for side in (0, 1)]
        masks = [em.let(llvm.shuffle(kind, masks[n], masks[n + half], order)) for n in range(half)]
        lanes *= 2
    return masks[0]
