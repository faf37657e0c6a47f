"""The tokens that keep the modules of a program in step.

Every instruction has intervals of the memories that it reads and writes. It waits for the last
instruction of the other module that touched any of these. Modules run in order, so a wait for
something that an earlier instruction of the same module has waited for is implied; the waits
that remain go strictly forward on both sides, so each takes one flag at both ends and none
needs an instruction of its own.
"""

from __future__ import annotations

import numpy as np

from autosched.codegen.native import Int64s, native
from autosched.errors import LoweringError
from autosched.vta.config import MAX_TOKENS, Memory, VTAConfig
from autosched.vta.isa.instructions import (
    COMPUTE_TO_LOAD,
    COMPUTE_TO_STORE,
    LOAD_TO_COMPUTE,
    QUEUES,
    STORE_TO_COMPUTE,
    Module,
)
from autosched.vta.isa.table import Column, Rows
from autosched.vta.lowering.columns import WIDTH, Action, Effect

_MODULES = np.array([Module.LOAD, Module.LOAD, Module.COMPUTE, Module.STORE, Module.COMPUTE])
"""The module of each `Action`."""


def put_tokens(rows: Rows, config: VTAConfig) -> None:
    """Set the flags in `rows`, whose last one is FINISH.

    Raises LoweringError where a row reaches out of a memory, or where a queue may run so far
    ahead that a counter overflows.
    """
    _check_reach(rows, config)
    depths = [config.depth(memory) for memory in (Memory.INP, Memory.WGT, Memory.ACC)]
    starts = np.cumsum([0, *depths, *depths])
    waits = np.zeros((len(QUEUES), len(rows), 2), np.int64)
    counts = np.zeros(len(QUEUES), np.int64)
    _put(rows.reshape(-1), len(rows), np.full(starts[-1], -1), starts, waits.reshape(-1), counts)
    for kind, count in enumerate(counts.tolist()):
        if count > MAX_TOKENS:
            back = waits[kind ^ 1, : counts[kind ^ 1]]
            _check_tokens(rows, kind, waits[kind, :count], back)


@native
def _put(
    rows: Int64s, count: int, last: Int64s, starts: Int64s, waits: Int64s, counts: Int64s
) -> None:
    """Find the tokens of all instructions, and set their flags in `rows`.

    `last` has, for each element, the number of the instruction that loaded or computed it last;
    behind these, that of the one that used or stored it last. `waits` receives the pushing and
    the popping instruction of each token, queue by queue.
    """
    load = -1
    store = -1
    for own in range(count):
        at = own * WIDTH
        action = rows[at + Effect.ACTION]
        low, high = rows[at + Effect.LOW], rows[at + Effect.HIGH] + 1
        if action <= Action.LOAD_WGT:
            used = _latest(last, starts[3 + action] + low, starts[3 + action] + high)
            _wait(rows, count, waits, counts, COMPUTE_TO_LOAD, used, own)
            _touch(last, starts[action] + low, starts[action] + high, own)
            load = own
        elif action == Action.STORE:
            computed = _latest(last, starts[2] + low, starts[2] + high)
            _wait(rows, count, waits, counts, COMPUTE_TO_STORE, computed, own)
            _touch(last, starts[5] + low, starts[5] + high, own)
            store = own
        elif action == Action.COMPUTE:
            for memory in range(2):
                first = rows[at + Effect.INP_LOW + 2 * memory]
                end = rows[at + Effect.INP_HIGH + 2 * memory] + 1
                if first < end:
                    loaded = _latest(last, starts[memory] + first, starts[memory] + end)
                    _wait(rows, count, waits, counts, LOAD_TO_COMPUTE, loaded, own)
                    _touch(last, starts[3 + memory] + first, starts[3 + memory] + end, own)
            stored = _latest(last, starts[5] + low, starts[5] + high)
            _wait(rows, count, waits, counts, STORE_TO_COMPUTE, stored, own)
            _touch(last, starts[2] + low, starts[2] + high, own)
        else:
            _wait(rows, count, waits, counts, LOAD_TO_COMPUTE, load, own)
            _wait(rows, count, waits, counts, STORE_TO_COMPUTE, store, own)


@native
def _latest(last: Int64s, first: int, end: int) -> int:
    """Return the last instruction that touched an element from `first` up to `end`; -1 for none."""
    latest = -1
    for at in range(first, end):
        latest = max(latest, last[at])
    return latest


@native
def _touch(last: Int64s, first: int, end: int, own: int) -> None:
    for at in range(first, end):
        last[at] = own


@native
def _wait(
    rows: Int64s, count: int, waits: Int64s, counts: Int64s, kind: int, pusher: int, own: int
) -> None:
    """Let the instruction numbered `own` wait for the instruction `pusher`; for -1 do nothing.

    `kind` is the kind of dependence. `waits` has room for `count` pairs (pusher, own) of each
    kind, of which `counts` are used; flags are set in `rows`.
    """
    if pusher < 0:
        return
    number = counts[kind]
    if number:
        at = 2 * (kind * count + number - 1)
        if waits[at] >= pusher:
            return
        if waits[at + 1] == own:
            # It waits for two of one module: the later one is enough.
            _flag(rows, kind, waits[at], own, 0)
            number -= 1
    at = 2 * (kind * count + number)
    waits[at], waits[at + 1] = pusher, own
    counts[kind] = number + 1
    _flag(rows, kind, pusher, own, 1)


@native
def _flag(rows: Int64s, kind: int, pusher: int, popper: int, value: int) -> None:
    forward = kind in (LOAD_TO_COMPUTE, COMPUTE_TO_STORE)
    rows[pusher * WIDTH + Column.PUSH_PREV + forward] = value
    rows[popper * WIDTH + Column.POP_NEXT - forward] = value


def _check_tokens(rows: Rows, kind: int, waits: Rows, back: Rows) -> None:
    """Raise where a queue may hold too many tokens; `back` are the waits of the opposite queue."""
    position, reached = 0, -1
    for ahead in range(MAX_TOKENS, len(waits)):
        pusher = int(waits[ahead, 0])
        while position < len(back) and back[position, 1] <= pusher:
            reached = back[position, 0]
            position += 1
        if reached < waits[ahead - MAX_TOKENS, 1]:
            source, target = QUEUES[kind]
            before = _MODULES[rows[:pusher, Effect.ACTION]] == source
            raise LoweringError(
                f"expected at most {MAX_TOKENS} tokens under way from {source.name} to "
                f"{target.name}, got more at instruction {before.sum()} of the former",
                hint="load larger tiles, or keep fewer of them at a time",
            )


def _check_reach(rows: Rows, config: VTAConfig) -> None:
    actions = rows[:, Effect.ACTION]
    sums = (actions == Action.COMPUTE) | (actions == Action.STORE)
    inputs = rows[:, Effect.INP_HIGH] >= rows[:, Effect.INP_LOW]
    weights = rows[:, Effect.WGT_HIGH] >= rows[:, Effect.WGT_LOW]
    for memory, which, low in (
        (Memory.INP, actions == Action.LOAD_INP, Effect.LOW),
        (Memory.WGT, actions == Action.LOAD_WGT, Effect.LOW),
        (Memory.ACC, sums, Effect.LOW),
        (Memory.INP, inputs, Effect.INP_LOW),
        (Memory.WGT, weights, Effect.WGT_LOW),
    ):
        spans = rows[which, low : low + 2]
        if spans.size and not (spans.min() >= 0 and spans.max() < config.depth(memory)):
            raise LoweringError(
                f"expected elements of {memory.name} from 0 to {config.depth(memory) - 1}, got "
                f"{spans.min()} to {spans.max()}",
                hint="compute smaller tiles",
            )
