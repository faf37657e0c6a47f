"""Queues: of instructions, and of tokens."""

import itertools
from dataclasses import replace

import pytest

from autosched.errors import AcceleratorError
from autosched.vta import Memory, cycles, encode
from autosched.vta.isa.instructions import Finish, Load
from autosched.vta.timing import load_preset
from autosched.vta.timing.table import Entry
from tests.vta.timing.test_model import CONFIG, FINISH_ALONE, gemm, load, total

SYNC_LOAD = load(Memory.INP, 1, 0)
SYNC = load(Memory.UOP, 1, 0)


def test_batches_of_128_instructions_are_read_one_after_the_other() -> None:
    spans = cycles(encode([SYNC] * 299 + [Finish()], CONFIG)).fetches
    assert [(span.instruction, span.kind) for span in spans] == [
        (0, "FETCH 128"),
        (128, "FETCH 128"),
        (256, "FETCH 44"),
    ]
    # The first is asked for two cycles after launch, and waits for the DRAM.
    assert spans[0].start == 2
    assert spans[0].end == 2 + 1 + 16 + 2 * 128 + 2 + 128
    assert [b.start - a.end for a, b in itertools.pairwise(spans)] == [2, 2]


def test_a_batch_that_is_full() -> None:
    report = cycles(encode([SYNC] * 127 + [Finish()], CONFIG))
    assert [span.kind for span in report.fetches] == ["FETCH 128"]
    assert report.beats["fetch"] == 256


def test_batches_through_a_port() -> None:
    pynq = load_preset("pynq")
    assert isinstance(pynq.memory, dict)
    port = replace(pynq.memory["fetch"], start=10, per_beat=2)
    slow = replace(pynq, fetch=replace(pynq.fetch, batch=3), memory=pynq.memory | {"fetch": port})
    spans = cycles(encode([SYNC] * 4 + [Finish()], CONFIG), slow).fetches
    # Two beats for each instruction; three instructions, then two.
    assert [(span.kind, span.end - span.start) for span in spans] == [
        ("FETCH 3", 10 + 2 * 6),
        ("FETCH 2", 10 + 2 * 4),
    ]


def test_fetch_waits_for_room_more_than_once() -> None:
    program = encode([gemm(1, 100, 1)] * 4 + [Finish()], CONFIG)
    tsim = load_preset("tsim")
    narrow = replace(tsim, fetch=replace(tsim.fetch, queue_depth=1))
    (free,), (held,) = (cycles(program, preset).fetches for preset in (tsim, narrow))
    wait = (held.end - held.start) - (free.end - free.start)
    assert cycles(program, narrow).units["fetch"].waits == {"room in a queue": wait}
    assert wait > 300


def test_a_full_queue_holds_up_fetch() -> None:
    # The load unit waits for compute, which comes after more than its queue takes.
    slow = gemm(1, 5000, 1, push_prev=True)
    blocked = [load(Memory.INP, 1, 0, pop_next=True)] + [SYNC_LOAD] * 511
    report = cycles(encode([slow, *blocked, SYNC_LOAD, Finish()], CONFIG))
    free = report.timeline[1].end
    assert report.timeline[513].start >= report.timeline[0].end
    assert report.program.column(Entry.ARRIVAL)[513] == free + 1
    assert report.units["fetch"].waits["room in a queue"] > 3000


def test_more_than_the_queue_takes_before_the_token_is_a_deadlock() -> None:
    blocked = [load(Memory.INP, 1, 0, pop_next=True)] + [SYNC_LOAD] * 512
    program = encode([*blocked, gemm(1, 1, 1, push_prev=True), Finish()], CONFIG)
    with pytest.raises(AcceleratorError, match="a token from compute to load") as caught:
        cycles(program)
    assert "instruction 513 (GEMM) waits for room" in (caught.value.context or "")


def test_a_missing_push_is_a_deadlock() -> None:
    program = encode([SYNC, gemm(1, 1, 1, pop_prev=True), Finish()], CONFIG)
    message = r"instruction 1 \(GEMM\): expected a token from load to compute, got none"
    for preset in ("tsim", "pynq"):
        with pytest.raises(AcceleratorError, match=message):
            cycles(program, preset=preset)


def test_a_circle_of_waits_is_a_deadlock() -> None:
    program = [
        load(Memory.INP, 1, 4, pop_next=True, push_next=True),
        gemm(1, 1, 1, pop_prev=True, push_prev=True),
        Finish(),
    ]
    with pytest.raises(AcceleratorError, match="instruction 0") as caught:
        cycles(encode(program, CONFIG))
    assert "instruction 1 (GEMM) waits for a token from load to compute" in str(caught.value)


def test_what_never_runs_after_finish_is_a_deadlock_too() -> None:
    lost = load(Memory.INP, 1, 4, pop_next=True)
    with pytest.raises(AcceleratorError, match=r"instruction 0 \(LOAD INP\)"):
        cycles(encode([lost, Finish()], CONFIG))


def tokens(count: int) -> list[Load]:
    return [load(Memory.INP, 1, 0, push_next=True)] * count


@pytest.mark.parametrize("preset", ["tsim", "pynq"])
def test_a_queue_holds_255_tokens(preset: str) -> None:
    pops = [load(Memory.UOP, 1, 0, pop_prev=True)]
    cycles(encode([*tokens(255), gemm(1, 16000, 1), *pops, Finish()], CONFIG), preset=preset)
    if preset == "tsim":
        with pytest.raises(
            AcceleratorError, match=r"instruction 256 \(SYNC\): expected at most 255"
        ):
            cycles(encode([gemm(1, 16000, 1), *tokens(256), *pops, Finish()], CONFIG))


def test_a_token_taken_as_the_next_is_given_is_taken_too_late() -> None:
    tsim = load_preset("tsim")
    single = replace(tsim, compute=replace(tsim.compute, tokens=1))
    pop = load(Memory.UOP, 1, 0, pop_prev=True)
    early = cycles(encode([*tokens(2), pop, pop, Finish()], CONFIG), single).timeline
    assert early[2].start < early[1].end
    late = cycles(encode([*tokens(2), SYNC, pop, pop, Finish()], CONFIG)).timeline
    assert late[3].start == late[1].end
    with pytest.raises(AcceleratorError, match=r"instruction 1 \(SYNC\): expected at most 1"):
        cycles(encode([*tokens(2), SYNC, pop, pop, Finish()], CONFIG), single)


def test_tokens_that_are_taken_in_time_make_room() -> None:
    pairs = [i for _ in range(300) for i in (*tokens(1), load(Memory.UOP, 1, 0, pop_prev=True))]
    assert total(*pairs, Finish()) > 600


def test_units_run_side_by_side() -> None:
    # Two loads for one GEMM each: the second load runs while the first GEMM does.
    both = [load(Memory.WGT, 1, 4, push_next=True), gemm(1, 150, 1, pop_prev=True)] * 2
    spans = cycles(encode([*both, Finish()], CONFIG)).timeline
    assert spans[1].start == spans[0].end
    assert spans[2].start == spans[0].end
    assert spans[3].start == max(spans[1].end, spans[2].end)


def test_the_start_of_a_program() -> None:
    starts = [span.start for span in cycles(encode([SYNC, SYNC, Finish()], CONFIG)).timeline]
    # Three instructions take four beats more to read than FINISH alone; SYNC takes 2 cycles.
    assert starts == [FINISH_ALONE - 1 + 4, FINISH_ALONE - 1 + 6, FINISH_ALONE - 1 + 8]
