"""Streams with flipped bits and cut ends give a result or an AcceleratorError, quickly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.errors import AcceleratorError
from autosched.vta import Counters, Simulator, VTAConfig, assemble, disassemble
from autosched.vta.simulator.state import Array
from tests.properties import examples
from tests.vta.programs import programs

UOP_LIMIT = 30_000
SEEDS = st.integers(0, len(programs()) - 1)


@st.composite
def corrupted(draw: st.DrawFn) -> tuple[int, bytes]:
    """Return the number of a program, and its stream with a few random changes."""
    number = draw(SEEDS)
    stream = bytearray(programs()[number].instructions)
    for bit in draw(st.lists(st.integers(0, len(stream) * 8 - 1), min_size=1, max_size=3)):
        stream[bit // 8] ^= 1 << bit % 8
    if draw(st.booleans()):
        del stream[draw(st.integers(0, len(stream))) :]
    return number, bytes(stream)


def outcome(simulator: Simulator, stream: bytes, dram: Array) -> str | Counters:
    """Return the counters of a run, or the message of an expected error; others are bugs."""
    try:
        return simulator.run(stream, dram)
    except AcceleratorError as error:
        return error.message


@pytest.mark.parametrize("strict", [False, True])
@given(corrupted())
@examples(150)
def test_a_corrupted_stream_runs_or_is_refused(strict: bool, case: tuple[int, bytes]) -> None:
    number, stream = case
    simulator = Simulator(strict=strict, uop_limit=UOP_LIMIT)
    found = outcome(simulator, stream, programs()[number].image())
    assert isinstance(found, Counters) or found.startswith("instruction ") or "deadlock" in found


@given(corrupted())
@examples(60)
def test_both_cores_agree_on_what_is_left(case: tuple[int, bytes]) -> None:
    number, stream = case
    images = [programs()[number].image() for _ in range(2)]
    found = [
        outcome(Simulator(native=native, uop_limit=UOP_LIMIT), stream, dram)
        for native, dram in zip((True, False), images, strict=True)
    ]
    assert found[0] == found[1]
    assert np.array_equal(*images)


@given(st.binary(max_size=160), st.binary(max_size=64))
@examples(150)
def test_random_bytes_run_or_are_refused(stream: bytes, micro_ops: bytes) -> None:
    finish = bytes([3]) + bytes(15)
    dram = np.zeros(1 << 16, np.uint8)
    dram[: len(micro_ops)] = np.frombuffer(micro_ops, np.uint8)
    whole = stream[: len(stream) // 16 * 16] + finish
    found = outcome(Simulator(uop_limit=UOP_LIMIT), whole, dram)
    assert isinstance(found, Counters) or "expected" in found


@given(corrupted())
@examples(60)
def test_a_corrupted_stream_has_a_text_or_is_refused(case: tuple[int, bytes]) -> None:
    try:
        text = disassemble(case[1], VTAConfig())
    except AcceleratorError:
        return
    assert assemble(text) == case[1]
