"""Emits copies of narrow elements that move in words, by transposing tiles of words in registers.

    unrolled i in 0..16:
        unrolled k in 0..4:
            T[0 : +16, i, k] = A[i, k : +16 : 4]

reads 64 neighbouring bytes of each row of A, and writes as many of each row of T: the four bytes of
a word stay together. Packed operands of dot products are laid out so.
"""

from __future__ import annotations

from collections.abc import Callable

from autosched.codegen.llvm.memory.address import form_of
from autosched.codegen.llvm.memory.transposed import (
    reads_its_buffer,
    tiles_of,
    values_of_steps,
    write_tile,
)
from autosched.codegen.llvm.memory.turning import can_turn
from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import register_type
from autosched.ir import build
from autosched.ir.dtype import dtype
from autosched.ir.expr import Broadcast, Expr, Load, Ramp, Select, Var
from autosched.ir.rewrite import rebuild
from autosched.ir.stmt import For, LoopKind, Store
from autosched.ir.traverse import children, free_vars

WORD = dtype("int32")


def is_of_words(em: Emitter, node: For, extent: int) -> bool:
    """Tell whether an unrolled loop is around one over the elements of words, which is a copy."""
    inner = node.body
    if em.mask is not True or extent < 2 or not isinstance(inner, For):
        return False
    store = inner.body
    if inner.kind is not LoopKind.UNROLLED or not isinstance(store, Store):
        return False
    count, kind = _count(inner), store.value.dtype
    if store.mask is not None or reads_its_buffer(store) or kind.is_bool:
        return False
    if count < 2 or kind.bytes * count != WORD.bytes or not can_turn(WORD.with_lanes(kind.lanes)):
        return False
    form = form_of(em, store)
    if form.vectors or form.lane_stride % count or form.lane_stride < extent * count:
        return False
    if form.atoms.get(node.var) != count or form.atoms.get(inner.var) != 1:
        return False
    variables = {node.var, inner.var}
    if any(atom not in variables and variables & free_vars(atom) for atom in form.atoms):
        return False
    return _whole(em, store.value, inner.var, count) is not None


def moved(em: Emitter, node: For, extent: int, bind: Callable[[int], None]) -> None:
    """Emit the stores of the loop; `bind(step)` gives the loop variable its value there."""
    inner = node.body
    assert isinstance(inner, For)
    store = inner.body
    assert isinstance(store, Store)
    value = _whole(em, store.value, inner.var, _count(inner))
    assert value is not None
    words = WORD.with_lanes(store.value.dtype.lanes)
    narrow, wide = register_type(value.dtype), register_type(words)

    def begin(step: int) -> None:
        bind(step)
        em.bind(inner.var, 0)

    for steps in tiles_of(em, inner, extent, words, bind):
        rows = values_of_steps(em, store, value, steps, begin)
        rows = [em.let(llvm.convert("bitcast", narrow, row, wide)) for row in rows]
        write_tile(em, store, rows, words)
    em.touch(store.buffer)


def _count(loop: For) -> int:
    """Return the steps of a loop that starts at 0; 0 for others."""
    steps = loop.values()
    return len(steps) if steps is not None and steps.start == 0 else 0


def _whole(em: Emitter, value: Expr, var: Var, count: int) -> Expr | None:
    """Return the vector of a value at all `count` steps of `var`, lane by lane; None if unknown.

    The steps of a lane are neighbours in memory, and followed by those of the next lane.
    """
    lanes = value.dtype.lanes * count
    if type(value) is Broadcast:
        return None if var in free_vars(value) else build.broadcast(value.value, lanes)
    if type(value) is Load:
        form, last = form_of(em, value), value.indices[-1]
        is_read_once = form.lane_stride == count and form.atoms.get(var) == 1 and not form.vectors
        if value.mask is not None or type(last) is not Ramp or last.stride != count:
            return None
        if not is_read_once or any(var in free_vars(index) for index in value.indices[:-1]):
            return None
        places = *value.indices[:-1], build.ramp(last.base, 1, lanes)
        return Load(value.buffer, places, value.dtype.scalar.with_lanes(lanes))
    if type(value) is Select:
        condition = value.condition
        if condition.dtype.lanes > 1 or var in free_vars(condition):
            return None
        then, otherwise = (_whole(em, v, var, count) for v in (value.then, value.otherwise))
        return (
            None if then is None or otherwise is None else build.select(condition, then, otherwise)
        )
    operands = children(value)
    if not operands or any(each.dtype.lanes != value.dtype.lanes for each in operands):
        return None
    made = [whole for each in operands if (whole := _whole(em, each, var, count)) is not None]
    return rebuild(value, tuple(made)) if len(made) == len(operands) else None
