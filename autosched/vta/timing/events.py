"""The run of a program: when each event happens, or why the program never ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autosched.codegen.native import Int64s
from autosched.errors import AcceleratorError
from autosched.vta.config import VTAConfig
from autosched.vta.timing.bus import new_bus
from autosched.vta.timing.costs import batch_beats, batch_cycles
from autosched.vta.timing.engine import BATCH_WIDTH, STATE_WIDTH, Run, run
from autosched.vta.timing.preset import Bus, Preset
from autosched.vta.timing.program import TimedProgram
from autosched.vta.timing.table import KINDS, NEVER, QUEUE_NAMES, UNITS, Entry


@dataclass(slots=True)
class Events:
    """The events beside those in the timing table, which has the start and end of instructions.

    `batches` has a row of `Batch` for each read of fetch. `pushed` and `popped` have, for each
    queue, the cycles in which its tokens are pushed and popped.
    """

    batches: Int64s
    pushed: list[Int64s]
    popped: list[Int64s]


def play(program: TimedProgram, preset: Preset, delay: int, config: VTAConfig) -> Events:
    """Time every instruction of a program whose costs are filled in.

    Raises `AcceleratorError` naming the first instruction that never starts, or that pushes a
    token which its queue has no room for.
    """
    count = program.count
    state = _state(count, preset, config)
    order = np.empty((len(UNITS), count), np.int64)
    times = np.empty((2, len(QUEUE_NAMES), count), np.int64)
    batches = np.zeros((-(-count // preset.fetch.batch), BATCH_WIDTH), np.int64)
    bus = new_bus(preset.memory if isinstance(preset.memory, Bus) else None, delay)
    ends = np.empty(len(program.bursts) + len(batches), np.int64)
    run(state, program.table, order, times, batches, bus, program.bursts, ends)
    pushed, popped = (
        [times[side, queue, :count] for queue, count in enumerate(counts.tolist())]
        for side, counts in enumerate((state[Run.PUSHED : Run.POPPED], state[Run.POPPED :]))
    )
    found = Events(batches, pushed, popped)
    if state[Run.ENDED : Run.FREE].sum() < count:
        raise _deadlock(program, found)
    _check_tokens(program, found, preset.compute.tokens)
    return found


def _state(count: int, preset: Preset, config: VTAConfig) -> Int64s:
    """Return the state array before the run; `Run` names its places."""
    fetch = preset.fetch
    state = np.zeros(STATE_WIDTH, np.int64)
    reads = [0, 0, 0, 0]
    for number, size in enumerate((fetch.batch, count % fetch.batch)):
        reads[2 * number] = batch_beats(size, config)
        if not isinstance(preset.memory, Bus):
            reads[2 * number + 1] = batch_cycles(size, preset.memory["fetch"], config)
    state[: Run.ASKED] = (
        count,
        round(fetch.launch),
        fetch.batch,
        *reads,
        round(fetch.handout),
        round(fetch.per_instruction),
        round(fetch.arrival),
        round(fetch.turnaround),
        fetch.queue_depth,
    )
    return state


def _deadlock(program: TimedProgram, found: Events) -> AcceleratorError:
    """Return the error that names the first instruction of each queue and what it waits for."""
    stuck = []
    never = program.column(Entry.END) == NEVER
    for unit in range(len(UNITS)):
        left = np.flatnonzero(never & (program.column(Entry.UNIT) == unit))
        if left.size:
            index = int(left[0])
            kind = KINDS[program.table[index, Entry.KIND]]
            stuck.append((index, kind, _waits_for(program, found, index)))
    index, kind, cause = min(stuck)
    return AcceleratorError(
        f"instruction {index} ({kind}): expected {cause}, got none: the program never ends",
        hint="every pop needs a push before it in the neighbour's queue",
        context="\n".join(
            f"instruction {index} ({kind}) waits for {cause}" for index, kind, cause in stuck
        ),
    )


def _waits_for(program: TimedProgram, found: Events, index: int) -> str:
    if program.table[index, Entry.ARRIVAL] == NEVER:
        return "room in a queue of instructions"
    tokens = program.table[index, Entry.TOKENS]
    return " and ".join(
        f"a token from {name}"
        for queue, name in enumerate(QUEUE_NAMES)
        if tokens >> queue & 1 and len(found.popped[queue]) == len(found.pushed[queue])
    )


def _check_tokens(program: TimedProgram, found: Events, limit: int) -> None:
    """Raise for a token that its queue has no room for; the hardware loses it."""
    for queue, (pushed, popped) in enumerate(zip(found.pushed, found.popped, strict=True)):
        if len(pushed) <= limit:
            continue
        late = np.ones(len(pushed) - limit, bool)
        before = popped[: len(late)]
        late[: len(before)] = before >= pushed[limit : limit + len(before)]
        if late.any():
            index = program.pushes(queue)[limit + int(late.argmax())]
            raise AcceleratorError(
                f"instruction {index} ({KINDS[program.table[index, Entry.KIND]]}): expected at "
                f"most {limit} tokens from {QUEUE_NAMES[queue]} at a time, got one more"
            )
