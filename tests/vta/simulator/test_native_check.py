"""Whole programs checked by native code: the same order and counts, or None for a broken rule."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.backends.vta.measure.tasks import VtaBuilder
from autosched.errors import AcceleratorError
from autosched.schedule.trace import to_json
from autosched.vta import Simulator, VTAConfig, assemble, decode, encode
from autosched.vta.simulator.native_check import checked_program
from autosched.vta.simulator.order import legal_order
from tests.backends.vta.tasks import conv_task
from tests.properties import examples
from tests.vta.streams import compute_streams, image

CONFIG = VTAConfig()
LIMIT = 1 << 28


def found_in(text: str, dram_bytes: int = 1 << 20, limit: int = LIMIT) -> object:
    return checked_program(assemble(text), CONFIG, dram_bytes, limit)


@given(st.data())
@examples(40)
def test_the_order_is_that_of_the_simulator_proper(data: st.DataObject) -> None:
    stream = encode(data.draw(compute_streams(CONFIG)), CONFIG)
    found = checked_program(stream, CONFIG, image(CONFIG, 0).size, LIMIT)
    instructions = decode(stream, CONFIG)
    assert found is not None
    assert found.order.tolist() == [step.index for step in legal_order(instructions)]


def test_real_programs_take_this_way() -> None:
    task = conv_task()
    trace = to_json(task.sketches[0].bind((1, 6, 24)))
    program = VtaBuilder().compile(task.text, trace, "vta", 1)
    found = checked_program(program.instructions, CONFIG, program.dram_bytes, LIMIT)
    assert found is not None
    steps = legal_order(decode(program.instructions, CONFIG))
    assert found.order.tolist() == [step.index for step in steps]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gemm uop_end=1 iter_out=1 iter_in=1 reset",
        "finish\nfinish",
        "load memory=inp y_size=1 x_size=2049 x_stride=1\nfinish",
        "load memory=inp y_size=1 x_size=1 x_stride=1 x_pad_0=15 sram_base=2040\nfinish",
        "load memory=inp dram_base=65536 y_size=1 x_size=1 x_stride=1\nfinish",
        "load memory=inp pop_prev y_size=1 x_size=1 x_stride=1\nfinish",
        "load memory=inp pop_next y_size=1 x_size=1 x_stride=1\nfinish",
        "store memory=out push_next y_size=1 x_size=1 x_stride=1\nfinish",
    ],
)
def test_what_is_unusual_is_left_to_the_simulator_proper(text: str) -> None:
    assert found_in(text) is None


def test_too_many_micro_ops_are_left_to_it_too() -> None:
    text = "gemm uop_end=2 iter_out=3 iter_in=4 reset\nfinish"
    assert found_in(text, limit=23) is None
    assert found_in(text, limit=24) is not None
    assert checked_program(assemble(text)[:-1], CONFIG, 0, LIMIT) is None


def test_a_micro_op_that_reaches_out_is_refused_in_the_same_words() -> None:
    text = "gemm uop_end=1 iter_out=2 iter_in=1 dst_factor_out=2047 reset\n"
    stream = assemble(text + "gemm uop_end=1 iter_out=3 iter_in=1 dst_factor_out=2047\nfinish")
    said = set()
    for simulator in (Simulator(CONFIG), Simulator(CONFIG, native=False)):
        with pytest.raises(AcceleratorError) as caught:
            simulator.run(stream, np.zeros(64, np.uint8))
        said.add(caught.value.message)
    assert len(said) == 1
    assert said.pop().startswith("instruction 1 (GEMM): expected dst to stay in ACC")
