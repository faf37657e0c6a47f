"""Tokens: each wait that is needed, none that is implied, and counters that hold them."""

from __future__ import annotations

import pytest

from autosched.errors import LoweringError
from autosched.vta.config import Memory
from autosched.vta.isa import Opcode
from autosched.vta.lowering.stream import COMPUTE, Draft, Stream


def load(stream: Stream, low: int, high: int, memory: Memory = Memory.INP) -> Draft:
    draft = Draft(Opcode.LOAD, ())
    stream.load(draft, (memory, low, high))
    return draft


def compute(stream: Stream, sums: tuple[int, int], *inputs: tuple[int, int]) -> Draft:
    draft = Draft(Opcode.GEMM, ())
    stream.compute(draft, (Memory.ACC, *sums), [(Memory.INP, *each) for each in inputs])
    return draft


def store(stream: Stream, low: int, high: int) -> Draft:
    draft = Draft(Opcode.STORE, ())
    stream.store(draft, (Memory.ACC, low, high))
    return draft


def flags(draft: Draft) -> str:
    names = ("pop_prev", "pop_next", "push_prev", "push_next")
    return " ".join(name for name in names if getattr(draft, name))


def test_a_chain() -> None:
    s = Stream()
    drafts = [load(s, 0, 9), compute(s, (0, 3), (0, 9)), store(s, 0, 3)]
    assert [flags(d) for d in drafts] == ["push_next", "pop_prev push_next", "pop_prev"]


def test_one_wait_for_several_loads() -> None:
    s = Stream()
    drafts = [load(s, 0, 4), load(s, 5, 9), compute(s, (0, 3), (5, 9)), compute(s, (0, 3), (0, 4))]
    assert [flags(d) for d in drafts] == ["", "push_next", "pop_prev", ""]


def test_a_load_waits_for_the_readers_of_its_place() -> None:
    s = Stream()
    first, used = load(s, 0, 9), compute(s, (0, 3), (0, 9))
    other, again = load(s, 10, 19), load(s, 5, 14)
    assert flags(used) == "pop_prev push_prev"
    assert (flags(first), flags(other), flags(again)) == ("push_next", "", "pop_next")


def test_sums_wait_for_the_store_of_their_place() -> None:
    s = Stream()
    compute(s, (0, 3))
    stored = store(s, 0, 3)
    beside, over = compute(s, (4, 7)), compute(s, (3, 4))
    assert flags(stored) == "pop_prev push_prev"
    assert (flags(beside), flags(over)) == ("", "pop_next")


def test_the_end_waits_for_all() -> None:
    s = Stream()
    compute(s, (0, 3))
    drafts = [load(s, 0, 1), store(s, 0, 3)]
    end = Draft(Opcode.FINISH, ())
    s.finish(end)
    assert flags(end) == "pop_prev pop_next"
    assert [flags(d) for d in drafts] == ["push_next", "pop_prev push_prev"]


def test_many_places_are_remembered() -> None:
    s = Stream()
    for n in range(200):
        compute(s, (n, n), (n, n))
    last = load(s, 3, 3)
    assert flags(s.queues[COMPUTE][3]) == "push_prev"
    assert flags(last) == "pop_next"


def test_more_tokens_than_a_counter_holds() -> None:
    s = Stream()
    for n in range(300):
        load(s, n, n)
    for n in range(300):
        compute(s, (0, 3), (n, n))
    with pytest.raises(LoweringError, match="at most 255 tokens under way from LOAD to COMPUTE"):
        s.check_tokens()


def test_tokens_that_are_taken_in_time() -> None:
    s = Stream()
    for n in range(600):
        load(s, n % 4, n % 4)
        compute(s, (0, 3), (n % 4, n % 4))
    s.check_tokens()
