"""Tokens: each wait that is needed, none that is implied, and counters that hold them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.errors import LoweringError
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa.table import Column, Rows
from autosched.vta.lowering.columns import WIDTH, Action, Effect
from autosched.vta.lowering.stream import put_tokens

CONFIG = VTAConfig()

FLAGS = slice(1, 5)
NAMES = ("pop_prev", "pop_next", "push_prev", "push_next")


def row(action: int, low: int = 0, high: int = 0, inputs: tuple[int, int] = (0, -1)) -> list[int]:
    found = [0] * WIDTH
    found[Effect.ACTION], found[Effect.LOW], found[Effect.HIGH] = action, low, high
    found[Effect.INP_LOW : Effect.INP_HIGH + 1] = inputs
    found[Effect.WGT_LOW : Effect.WGT_HIGH + 1] = (0, -1)
    return found


def load(low: int, high: int) -> list[int]:
    return row(Action.LOAD_INP, low, high)


def compute(sums: tuple[int, int], inputs: tuple[int, int] = (0, -1)) -> list[int]:
    return row(Action.COMPUTE, *sums, inputs)


def store(low: int, high: int) -> list[int]:
    return row(Action.STORE, low, high)


def put(*rows: list[int]) -> Rows:
    table = np.array([*rows, row(Action.FINISH)], np.int64)
    put_tokens(table, CONFIG)
    return table


def flags(*rows: list[int]) -> list[str]:
    """Return the tokens of each row, and of the end."""
    return [
        " ".join(name for name, value in zip(NAMES, line[FLAGS], strict=True) if value)
        for line in put(*rows)
    ]


def test_a_chain() -> None:
    assert flags(load(0, 9), compute((0, 3), (0, 9)), store(0, 3)) == [
        "push_next",
        "pop_prev push_next",
        "pop_prev push_prev",
        "pop_next",
    ]


def test_one_wait_for_several_loads() -> None:
    found = flags(load(0, 4), load(5, 9), compute((0, 3), (5, 9)), compute((0, 3), (0, 4)))
    assert found == ["", "push_next", "pop_prev", "", ""]


def test_the_later_one_of_two_waits_will_do() -> None:
    both = row(Action.COMPUTE, 0, 3, (0, 4))
    both[Effect.WGT_LOW : Effect.WGT_HIGH + 1] = [0, 4]
    found = flags(load(0, 4), row(Action.LOAD_WGT, 0, 4), both)
    assert found == ["", "push_next", "pop_prev", ""]


def test_a_load_waits_for_the_readers_of_its_place() -> None:
    first, used, other, again, end = flags(
        load(0, 9), compute((0, 3), (0, 9)), load(10, 19), load(5, 14)
    )
    assert used == "pop_prev push_prev"
    assert (first, other, again) == ("push_next", "", "pop_next push_next")
    assert end == "pop_prev"


def test_sums_wait_for_the_store_of_their_place() -> None:
    found = flags(compute((0, 3)), store(0, 3), compute((4, 7)), compute((3, 4)))
    assert found == ["push_next", "pop_prev push_prev", "", "pop_next", ""]


def test_the_end_waits_for_all() -> None:
    found = flags(compute((0, 3)), load(0, 1), store(0, 3))
    assert found == ["push_next", "push_next", "pop_prev push_prev", "pop_prev pop_next"]


def test_many_places_are_remembered() -> None:
    found = flags(*(compute((n, n), (n, n)) for n in range(200)), load(3, 3))
    assert [n for n, text in enumerate(found) if "push_prev" in text] == [3]
    assert found[200] == "pop_next push_next"


def test_more_tokens_than_a_counter_holds() -> None:
    loads = [load(n, n) for n in range(300)]
    users = [compute((0, 3), (n, n)) for n in range(300)]
    with pytest.raises(LoweringError, match="at most 255 tokens under way from LOAD to COMPUTE"):
        put(*loads, *users)


def test_tokens_that_are_taken_in_time() -> None:
    rows = []
    for n in range(600):
        rows += [load(n % 4, n % 4), compute((0, 3), (n % 4, n % 4))]
    assert put(*rows)[:, Column.POP_PREV].sum() == 600


@pytest.mark.parametrize("memory", [Memory.INP, Memory.ACC])
def test_what_reaches_out_of_a_memory_is_refused(memory: Memory) -> None:
    depth = CONFIG.depth(memory)
    one = load(0, depth) if memory is Memory.INP else compute((0, depth))
    with pytest.raises(LoweringError, match=f"{memory.name} from 0 to {depth - 1}, got 0 to"):
        put(one)
    with pytest.raises(LoweringError, match="got -1 to 3"):
        put(load(-1, 3) if memory is Memory.INP else store(-1, 3))


spans = st.tuples(st.integers(0, 9), st.integers(0, 3)).map(lambda at: (at[0], at[0] + at[1]))
instructions = st.one_of(
    spans.map(lambda span: load(*span)),
    spans.map(lambda span: store(*span)),
    st.builds(compute, spans, spans),
)


@given(st.lists(instructions, max_size=30))
def test_whatever_must_wait_is_ordered_by_tokens(rows: list[list[int]]) -> None:
    """Instructions of two queues that touch one place, one of them writing, keep their order."""
    table = put(*rows)
    after = _orders(table)
    for late in range(len(rows)):
        for early in range(late):
            if _conflict(table[early], table[late]):
                assert after[late] >> early & 1


def _orders(table: Rows) -> list[int]:
    """Return, for each instruction, a bit set of the instructions that must end before it."""
    queue_of = [0, 0, 1, 2, 1]
    queued: list[list[int]] = [[], [], []]
    tokens: dict[tuple[int, int], list[int]] = {}
    after = [0] * len(table)
    for number, line in enumerate(table):
        queue = queue_of[line[Effect.ACTION]]
        pops, pushes = np.split(line[FLAGS], 2)
        before = queued[queue][-1:]
        for neighbour, pop in zip((queue - 1, queue + 1), pops, strict=True):
            if pop:
                before.append(tokens[neighbour, queue].pop(0))
        for neighbour, push in zip((queue - 1, queue + 1), pushes, strict=True):
            if push:
                tokens.setdefault((queue, neighbour), []).append(number)
        for each in before:
            after[number] |= after[each] | 1 << each
        queued[queue].append(number)
    assert not any(tokens.values())
    return after


def _conflict(a: Rows, b: Rows) -> bool:
    if a[Effect.ACTION] == b[Effect.ACTION]:
        return False
    for memory in ("inp", "acc"):
        (first, writes), (other, rewrites) = _touched(a, memory), _touched(b, memory)
        if first & other and (writes or rewrites):
            return True
    return False


def _touched(line: Rows, memory: str) -> tuple[set[int], bool]:
    """Return the places that an instruction touches, and whether it writes them."""
    own = set(range(line[Effect.LOW], line[Effect.HIGH] + 1))
    if line[Effect.ACTION] == Action.LOAD_INP:
        return (own, True) if memory == "inp" else (set(), False)
    if line[Effect.ACTION] == Action.STORE:
        return (own, False) if memory == "acc" else (set(), False)
    if memory == "acc":
        return own, True
    return set(range(line[Effect.INP_LOW], line[Effect.INP_HIGH] + 1)), False
