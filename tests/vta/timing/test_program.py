"""Faults for which a program is refused, with the name of the instruction."""

import pytest

from autosched.errors import AcceleratorError
from autosched.vta import Memory, VTAConfig, cycles, encode
from autosched.vta.isa.instructions import Alu, AluOp, Finish, Instruction, Store
from tests.vta.timing.test_model import gemm, load

CONFIG = VTAConfig()
FACTORS = ("uop_bgn", "dst_factor_out", "dst_factor_in", "src_factor_out", "src_factor_in")


def store(**more: int) -> Store:
    fields = {"sram_base": 0, "dram_base": 0, "y_size": 1, "x_size": 1, "x_stride": 1} | more
    return Store(memory=Memory.OUT, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ([gemm(1, 1, 1)], r"instruction 0 \(GEMM\): expected FINISH to be the last one"),
        ([Finish(), gemm(1, 1, 1)], r"instruction 0 \(FINISH\): expected nothing after it"),
        ([gemm(0, 1, 1), Finish()], r"instruction 0 \(GEMM\): .* got 1 x 1 of micro-ops 0 to 0"),
        ([gemm(1, 1, 0), Finish()], r"instruction 0 \(GEMM\): .* got 1 x 0 of micro-ops 0 to 1"),
        ([load(Memory.INP, 0, 4), Finish()], r"instruction 0 \(LOAD\): expected a y_size of 1"),
        (
            [load(Memory.INP, 2, 1000, sram_base=100), Finish()],
            r"instruction 0 \(LOAD\): .* INP elements below 2048, got 2 rows of 1000 from 100",
        ),
        (
            [load(Memory.INP, 2, 1000, x_pad_1=15, x_pad_0=15), Finish()],
            r"expected INP elements below 2048, got 2 rows of 1030 from 0",
        ),
        (
            [store(y_size=3, x_size=700), Finish()],
            r"instruction 0 \(STORE\): expected OUT elements below 2048, got 3 rows of 700 from 0",
        ),
        (
            [load(Memory.INP, 1, 1, pop_prev=True), Finish()],
            r"instruction 0 \(LOAD INP\): expected no token from or to a previous unit",
        ),
        ([store(push_next=True), Finish()], r"instruction 0 \(STORE\): .* next unit"),
    ],
)
def test_a_program_is_refused(program: list[Instruction], message: str) -> None:
    with pytest.raises(AcceleratorError, match=message):
        cycles(encode(program, CONFIG))


def test_a_program_of_more_bursts_than_memory_holds_is_refused() -> None:
    rows = encode([load(Memory.UOP, 8192, 1)], CONFIG)
    with pytest.raises(AcceleratorError, match=r"at most 2\^27 bursts, got up to 134234112"):
        cycles(rows * (1 << 13) + rows + encode([Finish()], CONFIG))


def test_a_store_has_no_padding() -> None:
    padded = store(sram_base=2047, y_pad_0=1, y_pad_1=2, x_pad_0=3, x_pad_1=4)
    found, plain = (cycles(encode([one, Finish()], CONFIG)) for one in (padded, store()))
    assert found.total == plain.total


def test_every_operation_of_the_alu_is_timed() -> None:
    for op in AluOp:
        nest = dict.fromkeys(("uop_end", "iter_out", "iter_in"), 1)
        fields = dict.fromkeys(FACTORS, 0) | nest
        one = Alu(op=op, use_imm=True, imm=1, **fields)  # type: ignore[arg-type]
        assert cycles(encode([one, Finish()], CONFIG)).timeline[0].kind == "ALU"


def test_no_program() -> None:
    with pytest.raises(AcceleratorError, match="expected a program that ends in FINISH"):
        cycles(b"")


def test_half_an_instruction() -> None:
    with pytest.raises(AcceleratorError, match="instruction 1: expected 16 bytes, got 15"):
        cycles(encode([Finish(), Finish()], CONFIG)[:-1])


@pytest.mark.parametrize(
    ("word", "message"),
    [
        (6, "instruction 1: expected an opcode of"),
        (5 << 7, r"instruction 1 \(LOAD\): expected memory UOP, WGT, INP or ACC .* got 5"),
        (4 << 7, r"instruction 1 \(LOAD\): expected memory UOP, WGT, INP or ACC .* got 4"),
        (1 | 2 << 7 | 1 << 80, r"instruction 1 \(STORE\): expected memory OUT \(4\), got 2"),
        (4 | 7 << 108, r"instruction 1 \(ALU\): expected op 0 to 4, got 7"),
        (2 | 1 << 35 | 1 << 49 | 9000 << 21, r"instruction 1 \(GEMM\): expected micro-ops below"),
    ],
)
def test_a_word_that_is_no_instruction(word: int, message: str) -> None:
    program = encode([gemm(1, 1, 1)], CONFIG) + word.to_bytes(16, "little")
    with pytest.raises(AcceleratorError, match=message):
        cycles(program + encode([Finish()], CONFIG))
