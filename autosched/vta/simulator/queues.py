"""The order in which a program's three queues may run."""

from __future__ import annotations

import numpy as np

from autosched.codegen.native import Int64s, native

_LOAD, _COMPUTE, _STORE = range(3)


def ordered(units: Int64s, flags: Int64s) -> Int64s | None:
    """Each queue runs until it must wait; None where one waits for ever or a flag is wrong.

    `flags` has a bit for pop_prev, pop_next, push_prev and push_next. The same order as
    `order.legal_order` finds.
    """
    count = len(units)
    queues = np.concatenate([(units == unit).nonzero()[0] for unit in (_LOAD, _COMPUTE, _STORE)])
    lengths = np.bincount(units, minlength=3)
    order = np.empty(count, np.int64)
    done = _order(flags, queues, lengths, np.zeros(3, np.int64), np.zeros(6, np.int64), order)
    return order if done == count else None


@native
def _order(
    flags: Int64s, queues: Int64s, lengths: Int64s, ended: Int64s, tokens: Int64s, order: Int64s
) -> int:
    """How many instructions run; `queues` has those of each queue, one queue after the other.

    A token from queue a to its neighbour b lies at `tokens[2 * a + (b > a)]`.
    """
    done = 0
    moved = 1
    while moved:
        moved = 0
        first = 0
        for unit in range(3):
            while ended[unit] < lengths[unit]:
                index = queues[first + ended[unit]]
                flag = flags[index]
                if (unit == _LOAD and flag & 5) or (unit == _STORE and flag & 10):
                    return -1  # for a neighbour that it has not
                before, after = 2 * unit - 1, 2 * unit + 2
                if (flag & 1 and tokens[before] == 0) or (flag & 2 and tokens[after] == 0):
                    break
                if flag & 1:
                    tokens[before] -= 1
                if flag & 2:
                    tokens[after] -= 1
                if flag & 4:
                    tokens[2 * unit] += 1
                if flag & 8:
                    tokens[2 * unit + 1] += 1
                order[done] = index
                done += 1
                ended[unit] += 1
                moved = 1
            first += lengths[unit]
    return done
