"""The strict check: a program that breaks each rule, and the corrected program."""

from dataclasses import replace

import numpy as np
import pytest

from autosched.errors import AcceleratorError
from autosched.vta import Simulator, VTAConfig, decode, encode, encode_uops
from tests.vta.programs import Program, programs
from tests.vta.streams import program

CONFIG = VTAConfig()
UOPS = [(0, 0, 0), (4, 4, 0), (8, 8, 0), (0, 1, 0)]
START = """
load memory=inp dram_base=16 y_size=1 x_size=16
load memory=wgt dram_base=1 y_size=1 x_size=1 push_next
load memory=uop y_size=1 x_size=4 pop_prev
load memory=acc dram_base=16 y_size=1 x_size=12
"""
SHIFT = "alu op=shr uop_end=1 iter_out=1 iter_in=12 dst_factor_in=1 src_factor_in=1 use_imm\n"
STORE = "store memory=out dram_base=128 y_size=1 x_size=4 x_stride=4 pop_prev push_prev\n"
END = "load memory=uop pop_next\n"


def run(text: str, strict: bool = True) -> None:
    dram = np.zeros(0x1000, np.uint8)
    dram[:16] = np.frombuffer(encode_uops(UOPS, CONFIG), np.uint8)
    dram[0x400:0x700] = np.resize([5, 0, 0, 0], 0x300)
    Simulator(CONFIG, strict=strict).run(program(text), dram)


GOOD = {
    "shift then store": START + SHIFT.replace("imm\n", "imm push_next\n") + STORE + END,
    "gemm then store": START
    + "gemm uop_end=3 iter_out=1 iter_in=4 dst_factor_in=1 src_factor_in=1 push_next\n"
    + STORE
    + END,
    "distance of three": START + "gemm uop_end=3 iter_out=1 iter_in=2",
    "reset again and again": START + "gemm reset uop_end=1 iter_out=1 iter_in=9",
    "tensor shift by five": START + "alu op=shr uop_bgn=3 uop_end=4 iter_out=1 iter_in=1",
    "immediate shift left": START + SHIFT.replace("alu", "alu imm=-31"),
    "2048 micro-ops": START + "load memory=uop sram_base=2047 y_size=1 x_size=1",
    "the load waits": START + "gemm uop_end=1 iter_out=1 iter_in=1 push_prev\n"
    "load memory=inp y_size=1 x_size=1 pop_next push_next\nload memory=uop pop_prev",
}

BAD = {
    "a store of what a load wrote": (
        START + "load memory=uop push_next\n" + STORE + END,
        r"instruction 5 \(STORE\): expected sums last written by a GEMM or the ALU, got sum 0",
    ),
    "a store of a reset": (
        START + SHIFT + "gemm reset uop_end=2 iter_out=1 iter_in=1 push_next\n" + STORE + END,
        r"\(STORE\): .* got sum 0, which a LOAD, a reset or nothing wrote last",
    ),
    "an immediate with src elsewhere": (
        START + SHIFT.replace("src_factor_in=1", ""),
        r"instruction 4 \(ALU\): expected src equal to dst with an immediate, got 0 and 1",
    ),
    "a shift by 32": (
        START + SHIFT.replace("alu", "alu imm=32"),
        r"expected shifts from -31 to 31, got 32",
    ),
    "a tensor shift to the left": (
        START
        + SHIFT.replace("shr", "mul").replace("alu", "alu imm=-1")
        + "alu op=shr uop_bgn=3 uop_end=4 iter_out=1 iter_in=1",
        r"expected shifts from 0 to 31, got -5",
    ),
    "a tensor shift with a negative immediate": (
        START + "alu op=shr uop_bgn=3 uop_end=4 iter_out=1 iter_in=1 imm=-1",
        r"expected imm at least 0, got -1",
    ),
    "micro-ops behind 2048": (
        START + "load memory=uop sram_base=2048 y_size=1 x_size=1",
        r"instruction 4 \(LOAD\): expected micro-ops below 2048, got up to 2048",
    ),
    "a use of micro-ops behind 2048": (
        START + "gemm reset uop_bgn=2048 uop_end=2049 iter_out=1 iter_in=1",
        r"instruction 4 \(GEMM\): expected micro-ops below 2048, got up to 2048",
    ),
    "micro-ops in rows": (
        START + "load memory=uop y_size=2 x_size=1 x_stride=1",
        "expected micro-ops in one row without padding, got 2 rows",
    ),
    "padded micro-ops": (
        START + "load memory=uop y_size=1 x_size=1 x_pad_1=1",
        "expected micro-ops in one row without padding, got 1 rows",
    ),
    "no micro-op": (
        START + "gemm reset uop_bgn=1 uop_end=1 iter_out=2 iter_in=3",
        r"instruction 4 \(GEMM\): expected at least one micro-op, got 2 times 3 times 0",
    ),
    "no row": (START + "load memory=acc x_size=1 y_pad_0=1", "expected at least one row"),
    "a sum again at once": (
        START + "gemm uop_end=1 iter_out=1 iter_in=2",
        r"expected 3 micro-ops or more .* got 1 at sum 0",
    ),
    "a sum again after one": (
        START + "gemm uop_end=2 iter_out=1 iter_in=2",
        r"expected 3 micro-ops or more .* got 2 at sum 0",
    ),
    "an alu that reads its neighbour's result": (
        START + "alu op=add uop_end=1 iter_out=1 iter_in=3 dst_factor_in=2 src_factor_in=1",
        r"expected 3 micro-ops or more .* got 1 at sum 2",
    ),
    "what nothing wrote": (
        START.replace("x_size=16", "x_size=4") + "gemm uop_end=2 iter_out=1 iter_in=1",
        r"instruction 4 \(GEMM\): .* got INP 4, which nothing has written",
    ),
    "micro-ops nothing wrote": (
        START + "gemm reset uop_end=5 iter_out=1 iter_in=1",
        "got UOP 4, which nothing has written",
    ),
    "a load nothing orders before its use": (
        START + "load memory=inp y_size=1 x_size=1\ngemm uop_end=1 iter_out=1 iter_in=1",
        r"instruction 5 \(GEMM\): .* wait for instruction 4, got none, and both touch INP 0",
    ),
    "sums overwritten while they are stored": (
        START + SHIFT.replace("imm\n", "imm push_next\n") + STORE + SHIFT + END,
        r"wait for instruction .* got none, and both touch ACC 0",
    ),
    "DRAM read while it is stored": (
        START
        + SHIFT.replace("imm\n", "imm push_next\n")
        + STORE
        + "load memory=inp dram_base=131 y_size=1 x_size=1 push_next\n"
        + "load memory=uop pop_prev pop_next",
        "both touch the same bytes of DRAM",
    ),
    "FINISH before a store": (
        START + SHIFT.replace("imm\n", "imm push_next\n") + STORE.replace("push_prev", ""),
        r"\(FINISH\): expected it to wait for instruction 5 of the store queue",
    ),
    "a token that is left": (
        START + "load memory=uop push_next",
        r"\(FINISH\): expected every token to be taken, got 1 left from compute to store",
    ),
    "more tokens than the hardware counts": (
        START + "load memory=inp push_next\n" * 256 + "load memory=uop pop_prev\n" * 256,
        "expected at most 255 tokens at a time from load to compute, got 256",
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_accepted(name: str) -> None:
    run(GOOD[name])


@pytest.mark.parametrize("name", BAD)
def test_refused_when_strict_only(name: str) -> None:
    text, message = BAD[name]
    run(text, strict=False)
    with pytest.raises(AcceleratorError, match=message):
        run(text)


def test_tokens_in_turn_may_be_many() -> None:
    turn = "load memory=inp push_next pop_next\nload memory=uop pop_prev push_prev\n"
    first = "load memory=uop push_prev\n"
    last = "load memory=inp pop_next push_next\nload memory=uop pop_prev\n"
    run(START + first + turn * 300 + last)


@pytest.mark.parametrize("case", programs(), ids=lambda case: str(case.seed))
def test_a_real_program_without_its_tokens_is_refused(case: Program) -> None:
    free = {"pop_prev": False, "pop_next": False, "push_prev": False, "push_next": False}
    stream = [replace(one, **free) for one in decode(case.instructions, CONFIG)]
    with pytest.raises(AcceleratorError, match=r"expected (a token that makes it|it to) wait"):
        Simulator(CONFIG, strict=True).run(encode(stream, CONFIG), case.image())
