"""The tokens that keep the queues of a stream in step.

Every instruction says which intervals of the memories it reads and writes. Where one
queue must wait for another, the later instruction waits for the last one of the other
queue that touched what it needs. Queues run in order, so a wait for something that an
earlier instruction of the same queue already waited for is implied; what remains goes
strictly forward on both sides, and so takes one flag at each end and never an instruction
that does nothing else.
"""

from __future__ import annotations

import numpy as np

from autosched.codegen.native import Int64s, native
from autosched.errors import LoweringError
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.lowering import columns as c
from autosched.vta.lowering.columns import Rows

MAX_TOKENS = 255
"""What the 8-bit counters of the hardware hold."""

_NAMES = ("LOAD", "COMPUTE", "STORE")
_QUEUES = ((0, 1), (1, 0), (1, 2), (2, 1))
"""From where to where the tokens of each kind go."""

# Kinds of tokens, in pairs of opposite ones: to the other kind it is `kind ^ 1`.
_LOADED, _USED, _COMPUTED, _STORED = range(4)


def put_tokens(rows: Rows, config: VTAConfig) -> None:
    """Set the flags in `rows`, whose last one is FINISH.

    Raises LoweringError where a row reaches out of a memory, or where a queue may run so far
    ahead that a counter overflows.
    """
    _check_reach(rows, config)
    depths = [config.depth(memory) for memory in (Memory.INP, Memory.WGT, Memory.ACC)]
    starts = np.cumsum([0, *depths, *depths])
    waits = np.zeros((len(_QUEUES), len(rows), 2), np.int64)
    counts = np.zeros(len(_QUEUES), np.int64)
    _put(rows.reshape(-1), len(rows), np.full(starts[-1], -1), starts, waits.reshape(-1), counts)
    for kind, count in enumerate(counts.tolist()):
        if count > MAX_TOKENS:
            back = waits[kind ^ 1, : counts[kind ^ 1]]
            _check_tokens(rows, kind, waits[kind, :count], back)


@native
def _put(
    rows: Int64s, count: int, last: Int64s, starts: Int64s, waits: Int64s, counts: Int64s
) -> None:
    """`last` has, for each element, who loaded or computed it last, then who used or stored it.

    `waits` gets who pushes and who pops each token of each kind.
    """
    load = -1
    store = -1
    for own in range(count):
        at = own * c.WIDTH
        action = rows[at + c.ACTION]
        low, high = rows[at + c.LOW], rows[at + c.HIGH] + 1
        if action <= c.LOAD_WGT:
            used = _latest(last, starts[3 + action] + low, starts[3 + action] + high)
            _wait(rows, count, waits, counts, _USED, used, own)
            _touch(last, starts[action] + low, starts[action] + high, own)
            load = own
        elif action == c.STORE:
            computed = _latest(last, starts[2] + low, starts[2] + high)
            _wait(rows, count, waits, counts, _COMPUTED, computed, own)
            _touch(last, starts[5] + low, starts[5] + high, own)
            store = own
        elif action == c.COMPUTE:
            for memory in range(2):
                first = rows[at + c.INP_LOW + 2 * memory]
                end = rows[at + c.INP_HIGH + 2 * memory] + 1
                if first < end:
                    loaded = _latest(last, starts[memory] + first, starts[memory] + end)
                    _wait(rows, count, waits, counts, _LOADED, loaded, own)
                    _touch(last, starts[3 + memory] + first, starts[3 + memory] + end, own)
            stored = _latest(last, starts[5] + low, starts[5] + high)
            _wait(rows, count, waits, counts, _STORED, stored, own)
            _touch(last, starts[2] + low, starts[2] + high, own)
        else:
            _wait(rows, count, waits, counts, _LOADED, load, own)
            _wait(rows, count, waits, counts, _STORED, store, own)


@native
def _latest(last: Int64s, first: int, end: int) -> int:
    """The last one that touched any element from `first` up to `end`; -1 if none did."""
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
    """Let instruction `own` wait for `pusher`, -1 being none."""
    if pusher < 0:
        return
    number = counts[kind]
    if number:
        at = 2 * (kind * count + number - 1)
        if waits[at] >= pusher:
            return
        if waits[at + 1] == own:
            # It waits for two of one queue: the later one will do.
            _flag(rows, kind, waits[at], own, 0)
            number -= 1
    at = 2 * (kind * count + number)
    waits[at], waits[at + 1] = pusher, own
    counts[kind] = number + 1
    _flag(rows, kind, pusher, own, 1)


@native
def _flag(rows: Int64s, kind: int, pusher: int, popper: int, value: int) -> None:
    forward = kind in (_LOADED, _COMPUTED)
    rows[pusher * c.WIDTH + c.FLAGS + 2 + forward] = value
    rows[popper * c.WIDTH + c.FLAGS + 1 - forward] = value


def _check_tokens(rows: Rows, kind: int, waits: Rows, back: Rows) -> None:
    """Raise where more tokens than fit may be under way; `back` are those the other way."""
    position, reached = 0, -1
    for ahead in range(MAX_TOKENS, len(waits)):
        pusher = int(waits[ahead, 0])
        while position < len(back) and back[position, 1] <= pusher:
            reached = back[position, 0]
            position += 1
        if reached < waits[ahead - MAX_TOKENS, 1]:
            source, target = _QUEUES[kind]
            before = _queue_of(rows[:pusher, c.ACTION]) == source
            raise LoweringError(
                f"expected at most {MAX_TOKENS} tokens under way from {_NAMES[source]} to "
                f"{_NAMES[target]}, got more at instruction {before.sum()} of the former",
                hint="load larger tiles, or keep fewer of them at a time",
            )


def _queue_of(actions: Rows) -> Rows:
    return np.array([0, 0, 1, 2, 1])[actions]


def _check_reach(rows: Rows, config: VTAConfig) -> None:
    actions = rows[:, c.ACTION]
    sums = (actions == c.COMPUTE) | (actions == c.STORE)
    inputs = rows[:, c.INP_HIGH] >= rows[:, c.INP_LOW]
    weights = rows[:, c.WGT_HIGH] >= rows[:, c.WGT_LOW]
    for memory, which, low in (
        (Memory.INP, actions == c.LOAD_INP, c.LOW),
        (Memory.WGT, actions == c.LOAD_WGT, c.LOW),
        (Memory.ACC, sums, c.LOW),
        (Memory.INP, inputs, c.INP_LOW),
        (Memory.WGT, weights, c.WGT_LOW),
    ):
        spans = rows[which, low : low + 2]
        if spans.size and not (spans.min() >= 0 and spans.max() < config.depth(memory)):
            raise LoweringError(
                f"expected elements of {memory.name} from 0 to {config.depth(memory) - 1}, got "
                f"{spans.min()} to {spans.max()}",
                hint="compute smaller tiles",
            )
