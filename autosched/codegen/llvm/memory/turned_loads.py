"""Emits strided vector loads of unrolled steps that are neighbours in memory.

    unrolled i in 0..8:
        y[0 : +16, i] = x[0 : +16, i] + A[i, 0 : +16]

A tile of `x` is read row by row and transposed in registers, where a gather at each step would
read every element separately.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from autosched.codegen.llvm.memory.access import cache_key, wide_load
from autosched.codegen.llvm.memory.address import alignment, form_of, pointer
from autosched.codegen.llvm.memory.scattered import has_masked_loads
from autosched.codegen.llvm.memory.turning import can_turn, is_tile, most_rows, rows_of, width_of
from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.values.linear import resolve
from autosched.ir.expr import Buffer, Expr, Load, Select, Var
from autosched.ir.stmt import Store
from autosched.ir.traverse import children


def turn_loads(
    em: Emitter,
    store: Store,
    var: Var,
    steps: Sequence[int],
    bind: Callable[[int], None],
    written: Collection[Buffer],
) -> None:
    """Emit the loads of such tiles in the value of `store`, for all steps of `var` at once.

    The code of each step then finds the values of its loads. Buffers that are `written` meanwhile
    are read step by step.
    """
    if em.mask is not True:
        return

    def begin(step: int) -> None:
        bind(step)
        em.begin(store)

    for load in _always_read(store.value):
        if load.buffer in written or any(fetch.ahead.source is load.buffer for fetch in em.fetches):
            continue
        most = most_rows(load.dtype)
        for first in range(0, len(steps), most):
            part = steps[first : first + most]
            if _fits(em, load, var, len(part)):
                _read_tile(em, load, part, begin)


def _always_read(value: Expr) -> Iterator[Load]:
    """Yield the loads that the value needs whatever its conditions are."""
    under_way, seen = [value], set[Expr]()
    while under_way:
        node = under_way.pop()
        if node in seen:
            continue
        seen.add(node)
        if type(node) is Load:
            yield node
        elif type(node) is Select:
            under_way.append(node.condition)
        else:
            under_way.extend(children(node))


def _fits(em: Emitter, load: Load, var: Var, count: int) -> bool:
    kind = load.dtype
    if load.mask is not None or count < 2 or not can_turn(kind):
        return False
    form, is_whole = form_of(em, load), count == width_of(count)
    if form.vectors:
        return False
    return is_tile(form, var, count) and (is_whole or has_masked_loads(em, kind))


def _read_tile(em: Emitter, load: Load, steps: Sequence[int], begin: Callable[[int], None]) -> None:
    kind, count = load.dtype, len(steps)
    width = width_of(count)
    narrow = kind.with_lanes(width)
    mask = count == width or llvm.first_bits(count, width)
    begin(steps[0])
    form = form_of(em, load)
    constant, terms = resolve(em, form)
    rows = []
    for lane in range(kind.lanes):
        start = constant + lane * form.lane_stride
        at = pointer(em, load.buffer, form, start, terms, True)
        rows.append(wide_load(em, narrow, at, alignment(em, load.buffer, start, terms), mask))
    for step, value in zip(steps, rows_of(em, rows, kind, width)[:count], strict=True):
        begin(step)
        em.cache[cache_key(em, load, *resolve(em, form), True)] = value
