"""Text to bytes and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.errors import AcceleratorError
from autosched.vta import Memory, VTAConfig, assemble, decode, disassemble, encode
from autosched.vta.isa.instructions import Alu, AluOp, Finish, Gemm, Load, Store
from tests.vta.instructions import CONFIGS, instructions
from tests.vta.programs import programs, resnet18

TEXT = """\
load memory=inp sram_base=4 dram_base=256 y_size=2 x_size=3 x_stride=9 y_pad_1=1 push_next  # 0 load
gemm uop_end=8 iter_out=14 iter_in=1 dst_factor_out=14 wgt_factor_in=2 pop_prev push_next   # 1 compute
alu op=shr iter_out=1 iter_in=1 imm=-3 use_imm                                              # 2 compute
store memory=out y_size=1 x_size=1 x_stride=1 pop_prev push_prev                            # 3 store
finish pop_next                                                                             # 4 compute
"""  # noqa: E501

STREAM = [
    Load(Memory.INP, 4, 256, 2, 3, 9, y_pad_1=1, push_next=True),
    Gemm(0, 8, 14, 1, 14, 0, 0, 0, 0, 2, False, pop_prev=True, push_next=True),
    Alu(0, 0, 1, 1, 0, 0, 0, 0, AluOp.SHR, True, -3),
    Store(Memory.OUT, 0, 0, 1, 1, 1, pop_prev=True, push_prev=True),
    Finish(pop_next=True),
]


def test_the_text_of_a_program() -> None:
    assert disassemble(encode(STREAM, VTAConfig())) == TEXT


def test_the_program_of_a_text() -> None:
    assert decode(assemble(TEXT), VTAConfig()) == STREAM


@given(st.data(), st.sampled_from(CONFIGS))
def test_text_and_bytes_are_inverse(data: st.DataObject, config: VTAConfig) -> None:
    stream = encode(data.draw(st.lists(instructions(config), max_size=4)), config)
    text = disassemble(stream, config)
    assert assemble(text, config) == stream
    assert disassemble(assemble(text, config), config) == text


@given(st.binary(min_size=16, max_size=16), st.sampled_from(CONFIGS))
def test_bits_of_no_field_are_kept(data: bytes, config: VTAConfig) -> None:
    try:
        text = disassemble(data, config)
    except AcceleratorError:
        return  # no instruction
    assert assemble(text, config) == data


def test_real_streams_come_back() -> None:
    streams = [program.instructions for program in programs()]
    streams += [layer["instructions"] for layer in resnet18()]
    for stream in streams:
        assert assemble(disassemble(stream)) == stream


def test_numbers_flags_comments_and_case() -> None:
    text = "\n# nothing\n  STORE  memory=OUT dram_base=0x10 pop_prev=1 push_prev=0 # all\nfinish\n"
    expected = [Store(Memory.OUT, 0, 16, 0, 0, 0, pop_prev=True), Finish()]
    assert decode(assemble(text), VTAConfig()) == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("jump", "expected one of load, store, gemm, finish, alu, got 'jump'"),
        ("load x_size=1", "expected memory=, got none"),
        ("load memory=sram", "expected memory by its name, got 'sram'"),
        ("load memory=out", "expected a memory to load, got OUT"),
        ("alu imm=3", "expected op=, got none"),
        ("gemm imm=3", "expected a field of gemm, got 'imm'"),
        ("gemm iter_in=1 iter_in=1", "expected each field once, got iter_in again"),
        ("gemm iter_in=one", "expected an integer for iter_in, got 'one'"),
        ("gemm iter_in", "expected an integer for iter_in, got None"),
        ("gemm iter_in=16384", "expected iter_in as an integer from 0 to 16383, got 16384"),
        ("gemm reset=2", "expected the flag reset alone or as 0 or 1, got '2'"),
        ("finish unused=1", "expected bits of no field in unused, got 0x1"),
        ("finish unused=-1", "expected bits of no field in unused"),
    ],
)
def test_a_line_that_is_wrong_is_named_and_shown(line: str, message: str) -> None:
    with pytest.raises(AcceleratorError) as caught:
        assemble(f"finish\n\n{line}  # here\n")
    assert caught.value.message.startswith("line 3: ")
    assert message in caught.value.message
    assert caught.value.context == f"{line}  # here"


def test_a_program_that_is_no_text_is_refused():
    with pytest.raises(AcceleratorError, match="expected a program as text, got a bytes"):
        assemble(b"finish")
