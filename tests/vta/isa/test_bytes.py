"""Instructions and micro-ops to bytes and back."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.errors import AcceleratorError, LoweringError
from autosched.vta import Memory, VTAConfig, decode, decode_uops, encode, encode_uops
from autosched.vta.isa.fields import layouts
from autosched.vta.isa.instructions import (
    Alu,
    AluOp,
    Finish,
    Gemm,
    Instruction,
    Load,
    Module,
    Store,
    module_of,
)
from autosched.vta.isa.native import unpack
from autosched.vta.isa.table import Column, pack
from autosched.vta.isa.uops import MicroOp
from tests.properties import examples
from tests.vta.instructions import CONFIGS, instructions
from tests.vta.programs import programs, resnet18

CONFIG = VTAConfig()
LOAD = Load(Memory.INP, 1, 2, 3, 4, 5, 6, 7, 8, 9, pop_next=True)
GEMM = Gemm(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, True, push_next=True)
ALU = Alu(1, 2, 3, 4, 5, 6, 7, 8, AluOp.SHR, True, -9, pop_prev=True)


@pytest.mark.parametrize(
    ("instruction", "places"),
    [
        # value@lowest bit, as the default configuration's header file packs them
        (
            LOAD,
            "0@0 1@4 2@7 1@10 2@26 3@64 4@80 5@96 6@112 7@116 8@120 9@124",
        ),
        (
            GEMM,
            "2@0 1@6 1@7 1@8 2@21 3@35 4@49 5@64 6@75 7@86 8@97 9@108 10@118",
        ),
        (
            ALU,
            f"4@0 1@3 1@8 2@21 3@35 4@49 5@64 6@75 7@86 8@97 3@108 1@111 {65536 - 9}@112",
        ),
        (Finish(push_prev=True), "3@0 1@5"),
    ],
)
def test_fields_lie_where_the_hardware_has_them(instruction: Instruction, places: str) -> None:
    pairs = (place.split("@") for place in places.split())
    word = sum(int(value) << int(low) for value, low in pairs)
    assert encode([instruction], CONFIG) == word.to_bytes(16, "little")


@pytest.mark.parametrize("config", CONFIGS)
def test_fields_do_not_overlap_nor_cross_words(config: VTAConfig) -> None:
    for fields in layouts(config).values():
        used = [bit for field in fields for bit in range(field.low, field.low + field.width)]
        assert len(used) == len(set(used))
        assert max(used) < 128
        for field in fields:
            assert field.low // 64 == (field.low + field.width - 1) // 64


@given(st.data(), st.sampled_from(CONFIGS))
def test_decode_is_the_inverse_of_encode(data: st.DataObject, config: VTAConfig) -> None:
    stream = data.draw(st.lists(instructions(config), max_size=4))
    assert decode(encode(stream, config), config) == stream


@given(st.data(), st.sampled_from(CONFIGS))
def test_a_table_has_the_bytes_of_its_instructions(data: st.DataObject, config: VTAConfig) -> None:
    stream = encode(data.draw(st.lists(instructions(config), max_size=4)), config)
    assert pack(unpack(stream, config), config) == stream


@pytest.mark.parametrize(("value", "limits"), [(-32769, "-32768 to 32767"), (32768, "to 32767")])
def test_a_value_of_a_table_that_does_not_fit_is_refused(value: int, limits: str) -> None:
    table = unpack(encode([ALU], CONFIG), CONFIG)
    table[0, Column.IMM] = value
    with pytest.raises(LoweringError, match=f"imm of ALU from .*{limits}, got {value}"):
        pack(table, CONFIG)


@given(st.binary(max_size=64), st.sampled_from(CONFIGS))
@examples(200)
def test_any_bytes_decode_or_are_refused(data: bytes, config: VTAConfig) -> None:
    try:
        stream = decode(data, config)
    except AcceleratorError:
        return
    assert decode(encode(stream, config), config) == stream


def test_real_streams_come_back_but_for_the_bits_of_no_field() -> None:
    streams = [program.instructions for program in programs()]
    streams += [layer["instructions"] for layer in resnet18()]
    for stream in streams:
        # Some runtimes leave old memory in what FINISH does not use.
        assert encode(decode(stream, CONFIG), CONFIG)[:-15] == stream[:-15]


@pytest.mark.parametrize(
    ("instruction", "message"),
    [
        (replace(LOAD, x_size=1 << 16), r"\(LOAD\): expected x_size .* to 65535, got 65536"),
        (replace(LOAD, y_pad_0=16), "expected y_pad_0 .* to 15, got 16"),
        (replace(LOAD, dram_base=-1), "expected dram_base .* from 0 to 4294967295, got -1"),
        (replace(LOAD, x_size=1.5), r"expected x_size as an integer .* got 1\.5"),
        (replace(LOAD, memory=5), "expected memory to be one of .* got 5"),
        (replace(LOAD, memory=Memory.OUT), "expected a memory to load, got OUT"),
        (Store(Memory.ACC, 0, 0, 1, 1, 1), "expected memory OUT, got ACC"),
        (replace(GEMM, uop_end=1 << 14), r"\(GEMM\): expected uop_end .* to 16383"),
        (replace(GEMM, wgt_factor_in=1024), "expected wgt_factor_in .* to 1023"),
        (replace(ALU, imm=1 << 15), r"\(ALU\): expected imm .* from -32768 to 32767, got 32768"),
        (replace(ALU, op=7), "expected op to be one of .* got 7"),
        (replace(ALU, pop_next=2), "expected pop_next .* to 1, got 2"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(instruction: Instruction, message: str) -> None:
    with pytest.raises(AcceleratorError, match="instruction 1 .*" + message):
        encode([Finish(), instruction], CONFIG)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (bytes([5]) + bytes(15), "expected an opcode of .* got 5"),
        (bytes(15), "instruction 1: expected 16 bytes, got 15"),
        ((5 << 7).to_bytes(16, "little"), "expected memory to be one of .* got 5"),
        ((4 | 6 << 108).to_bytes(16, "little"), r"\(ALU\): expected op to be one of .* got 6"),
    ],
)
def test_bytes_that_are_no_instruction_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(AcceleratorError, match=message):
        decode(encode([Finish()], CONFIG) + data, CONFIG)


@pytest.mark.parametrize(
    ("instruction", "module"),
    [
        (Load(Memory.INP, 0, 0, 0, 0, 0), Module.LOAD),
        (Load(Memory.WGT, 0, 0, 0, 0, 0), Module.LOAD),
        (Load(Memory.ACC, 0, 0, 0, 0, 0), Module.COMPUTE),
        (Load(Memory.UOP, 0, 0, 0, 0, 0), Module.COMPUTE),
        (GEMM, Module.COMPUTE),
        (ALU, Module.COMPUTE),
        (Finish(), Module.COMPUTE),
        (Store(Memory.OUT, 0, 0, 0, 0, 0), Module.STORE),
    ],
)
def test_the_queue_of_an_instruction(instruction: Instruction, module: Module) -> None:
    assert module_of(instruction) is module


def test_micro_ops_lie_where_the_hardware_has_them() -> None:
    assert encode_uops([MicroOp(3, 5, 7)], CONFIG) == (3 | 5 << 11 | 7 << 22).to_bytes(4, "little")


@given(st.data(), st.sampled_from(CONFIGS))
def test_micro_ops_come_back(data: st.DataObject, config: VTAConfig) -> None:
    depths = [config.depth(memory) for memory in (Memory.ACC, Memory.INP, Memory.WGT)]
    indices = st.tuples(*(st.integers(0, depth - 1) for depth in depths))
    table = np.array(data.draw(st.lists(indices, max_size=5))).reshape(-1, 3)
    assert (decode_uops(encode_uops(table, config), config) == table).all()


@pytest.mark.parametrize(
    ("uop", "message"),
    [
        ((2048, 0, 0), "micro-op 1: expected dst from 0 to 2047, got 2048"),
        ((0, -1, 0), "micro-op 1: expected src from 0 to 2047, got -1"),
        ((0, 0, 1024), "micro-op 1: expected wgt from 0 to 1023, got 1024"),
    ],
)
def test_a_micro_op_that_does_not_fit_is_refused(uop: tuple[int, int, int], message: str) -> None:
    with pytest.raises(AcceleratorError, match=message):
        encode_uops(np.array([(0, 0, 0), uop]), CONFIG)


def test_micro_ops_that_are_cut_are_refused() -> None:
    with pytest.raises(AcceleratorError, match="micro-op 1: expected 4 bytes, got 2"):
        decode_uops(bytes(6), CONFIG)
