"""Native functions on the instruction table agree with Python on the instructions."""

from hypothesis import given

from autosched.vta import Memory, VTAConfig, encode
from autosched.vta.isa.instructions import QUEUES, Instruction, Transfer, module_of
from autosched.vta.isa.native import (
    fits_memory,
    geometry,
    module_at,
    padded_height,
    queues_at,
    unpack,
)
from autosched.vta.simulator.transfer import padded_shape
from tests.vta.instructions import instructions

CONFIG = VTAConfig()


@given(instructions(CONFIG))
def test_modules_and_token_queues(instruction: Instruction) -> None:
    row = unpack(encode([instruction], CONFIG), CONFIG).reshape(-1)
    module = module_of(instruction)
    assert module_at(row, 0) == module
    named = {
        (module - 1, module): instruction.pop_prev,
        (module + 1, module): instruction.pop_next,
        (module, module - 1): instruction.push_prev,
        (module, module + 1): instruction.push_next,
    }
    if any(used and link not in QUEUES for link, used in named.items()):
        assert queues_at(row, 0, module) == -1
        return
    bits = queues_at(row, 0, module)
    for number, (giver, taker) in enumerate(QUEUES):
        used = bool(named.get((giver, taker)))
        assert bits >> number & 1 == (used and taker is module)
        assert bits >> (4 + number) & 1 == (used and giver is module)


@given(instructions(CONFIG))
def test_the_area_of_a_transfer(instruction: Instruction) -> None:
    if not isinstance(instruction, Transfer):
        return
    row = unpack(encode([instruction], CONFIG), CONFIG).reshape(-1)
    height, width = padded_shape(instruction)
    assert padded_height(row, 0) == height
    fits = instruction.sram_base + height * width <= CONFIG.depth(Memory(instruction.memory))
    assert fits_memory(row, 0, geometry(CONFIG)) == fits


def test_the_opposite_queue_differs_in_the_last_bit() -> None:
    for number, (giver, taker) in enumerate(QUEUES):
        assert QUEUES[number ^ 1] == (taker, giver)
        assert abs(giver - taker) == 1
