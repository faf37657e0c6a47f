"""Random programs in several configurations, against plain Python and between the cores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.vta import Simulator, VTAConfig, encode
from autosched.vta.isa.instructions import Instruction
from tests.properties import examples
from tests.vta import oracle
from tests.vta.streams import OUT_BASE, compute_streams, image

SMALL = VTAConfig(
    log_batch=1, log_block=1, log_inp_buff_size=9, log_wgt_buff_size=9, log_acc_buff_size=11
)
SCALAR = VTAConfig(log_block=0, log_inp_buff_size=8, log_wgt_buff_size=8, log_acc_buff_size=10)
CONFIGS = [SMALL, VTAConfig.from_tag("4x8_i8w8a32_15_16_16_18"), VTAConfig()]
LARGE = [
    VTAConfig(log_batch=2, log_block=5),
    VTAConfig.from_tag("1x64_i8w8a32_12_17_19_17"),
    VTAConfig(log_block=3, log_inp_buff_size=13, log_wgt_buff_size=15, log_acc_buff_size=14),
]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.tag)
@given(st.data(), st.integers(0, 99))
@examples(60)
def test_results_are_those_of_plain_python(
    config: VTAConfig, data: st.DataObject, seed: int
) -> None:
    stream = data.draw(compute_streams(config))
    dram = image(config, seed)
    expected = bytearray(dram.tobytes())
    oracle.run(stream, expected, config)
    other = dram.copy()
    native = Simulator(config).run(encode(stream, config), dram)
    in_numpy = Simulator(config, native=False).run(encode(stream, config), other)
    assert dram.tobytes() == expected
    assert other.tobytes() == expected
    assert native == in_numpy


@pytest.mark.parametrize("config", LARGE, ids=lambda config: config.tag)
@given(st.data(), st.integers(0, 99))
@examples(20)
def test_compiled_code_and_numpy_agree_in_large_blocks(
    config: VTAConfig, data: st.DataObject, seed: int
) -> None:
    stream = encode(data.draw(compute_streams(config)), config)
    dram = image(config, seed)
    other = dram.copy()
    Simulator(config).run(stream, dram)
    Simulator(config, native=False).run(stream, other)
    assert np.array_equal(dram, other)


@given(st.data())
@examples(20)
def test_blocks_of_one_channel_work(data: st.DataObject) -> None:
    stream = data.draw(compute_streams(SCALAR))
    dram = image(SCALAR, 0)
    expected = bytearray(dram.tobytes())
    oracle.run(stream, expected, SCALAR)
    Simulator(SCALAR).run(encode(stream, SCALAR), dram)
    assert dram.tobytes() == expected


def test_random_programs_do_change_the_image() -> None:
    """Most of the programs drawn above store values that are not zero."""
    changed = 0

    @given(compute_streams(SMALL))
    @examples(50)
    def count(stream: list[Instruction]) -> None:
        nonlocal changed
        dram = image(SMALL, 1)
        Simulator(SMALL).run(encode(stream, SMALL), dram)
        changed += bool(dram[OUT_BASE:].any())

    count()
    assert changed >= 20
