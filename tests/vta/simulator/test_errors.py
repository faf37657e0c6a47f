"""Programs that reach out of a memory are refused with the name of the instruction."""

from typing import Any

import numpy as np
import pytest

from autosched.errors import AcceleratorError
from autosched.vta import Simulator, VTAConfig, assemble, cycles, decode, disassemble, encode_uops
from autosched.vta.simulator.simulator import STRICT_UOP_LIMIT, UOP_LIMIT
from tests.vta.streams import program

CONFIG = VTAConfig()
NEST = "uop_end=1 iter_out=2 iter_in=3"


def run(text: str, dram_bytes: int = 0x1000, **options: Any) -> None:
    dram = np.zeros(dram_bytes, np.uint8)
    dram[:8] = np.frombuffer(encode_uops([(2040, 2000, 1000), (0, 0, 0)], CONFIG), np.uint8)
    micro_ops = "load memory=uop y_size=1 x_size=1\n"
    Simulator(CONFIG, **options).run(program(micro_ops + text), dram)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("load memory=inp sram_base=2047 y_size=1 x_size=2", "of INP up to 2047, got 2047 to 2048"),
        ("load memory=wgt sram_base=1023 y_size=1 x_size=1 y_pad_0=1", "of WGT up to 1023"),
        ("load memory=acc sram_base=2046 y_size=1 x_size=1 x_pad_1=2", "of ACC up to 2047"),
        ("load memory=uop sram_base=8192 y_size=1 x_size=1", "of UOP up to 8191"),
        ("store memory=out sram_base=2048 y_size=1 x_size=1", "of OUT up to 2047"),
        ("load memory=inp dram_base=255 y_size=1 x_size=2", "below 0x1000, got 0xff0 to 0x100f"),
        (
            "load memory=inp y_size=2 x_size=1 x_stride=256",
            r"got 0x0 to 0x100f \(2 rows of 16 bytes, 4096 apart\)",
        ),
        ("load memory=inp dram_base=4294967295 y_size=1 x_size=1", "got 0xffffffff0"),
        ("store memory=out dram_base=256 y_size=1 x_size=1", "below 0x1000, got 0x1000"),
        (f"gemm {NEST} dst_factor_out=4 dst_factor_in=2", "dst to stay in ACC .* 2047, got 2048"),
        (f"gemm {NEST} src_factor_out=48", "src to stay in INP up to 2047, got 2048"),
        (f"gemm {NEST} wgt_factor_in=12", "wgt to stay in WGT up to 1023, got 1024"),
        (f"alu op=add {NEST} src_factor_in=24", "src to stay in ACC up to 2047, got 2048"),
        ("gemm uop_end=8193 iter_out=1 iter_in=1", "micro-ops up to 8191, got uop_end 8193"),
    ],
)
def test_out_of_range(text: str, message: str) -> None:
    with pytest.raises(AcceleratorError, match=r"instruction 1 \([A-Z]*\): expected .*" + message):
        run(text)


@pytest.mark.parametrize(
    "text",
    [
        "load memory=inp sram_base=2047 y_size=1 x_size=1",
        "load memory=inp dram_base=255 y_size=1 x_size=1",
        "load memory=inp dram_base=9999 sram_base=9999 y_size=5",
        "load memory=inp dram_base=9999 x_size=5 y_pad_0=1",
        "store memory=out dram_base=255 y_size=1 x_size=1",
        f"gemm {NEST} dst_factor_out=3 dst_factor_in=2 src_factor_out=47 wgt_factor_in=11",
        f"gemm reset {NEST} src_factor_out=2000 wgt_factor_out=1000",
        f"alu op=add {NEST} src_factor_in=2000 use_imm",
        "gemm uop_end=1 iter_in=9 dst_factor_in=2047",
        "gemm uop_bgn=9 uop_end=1 iter_out=1 iter_in=9 dst_factor_in=2047",
    ],
)
def test_just_in_range(text: str) -> None:
    run(text)


@pytest.mark.parametrize("native", [True, False])
def test_a_program_that_would_run_for_hours_is_refused(native: bool) -> None:
    with pytest.raises(AcceleratorError, match="more micro-ops, got 2198486425599"):
        run("gemm reset uop_bgn=1 uop_end=8192 iter_out=16383 iter_in=16383", native=native)


@pytest.mark.parametrize("strict", [True, False])
def test_strict_runs_are_slow_and_have_a_lower_limit(strict: bool) -> None:
    text = "gemm reset uop_bgn=1 uop_end=8192 iter_out=16383 iter_in=16383"
    limit = STRICT_UOP_LIMIT if strict else UOP_LIMIT
    with pytest.raises(AcceleratorError, match=f"at most {limit} more micro-ops") as caught:
        run(text, strict=strict)
    assert "strict runs" in (caught.value.hint or "")


def test_the_limit_is_on_the_whole_program() -> None:
    text = "\n".join(["alu op=add use_imm uop_end=1 iter_out=1 iter_in=4"] * 3)
    run(text, uop_limit=12)
    with pytest.raises(AcceleratorError, match=r"instruction 3 \(ALU\): expected at most 3 more"):
        run(text, uop_limit=11)


@pytest.mark.parametrize(
    ("dram", "message"),
    [
        (bytearray(8), "got a bytearray"),
        (np.zeros(8, np.int8), r"got int8 of shape \(8,\)"),
        (np.zeros((2, 8), np.uint8), r"got uint8 of shape \(2, 8\)"),
        (np.zeros(16, np.uint8)[::2], "contiguous"),
        (np.broadcast_to(np.uint8(0), (8,)), "writable"),
    ],
)
def test_an_image_that_is_none(dram: Any, message: str) -> None:
    with pytest.raises(AcceleratorError, match=message):
        Simulator().run(program(""), dram)


TAKERS = [
    lambda data: Simulator(CONFIG).run(data, np.zeros(64, np.uint8)),
    lambda data: cycles(data).total,
    lambda data: decode(data, CONFIG),
    disassemble,
]


@pytest.mark.parametrize("take", TAKERS)
@pytest.mark.parametrize("data", [16, "finish", [3, *[0] * 15], None])
def test_instructions_that_are_no_bytes(take: Any, data: Any) -> None:
    """A number is refused: `bytes` would make as many zeros of it, which are an instruction."""
    with pytest.raises(AcceleratorError, match="expected the instructions as bytes, got a"):
        take(data)


@pytest.mark.parametrize("take", TAKERS)
def test_whatever_holds_bytes_is_a_stream(take: Any) -> None:
    data = assemble("load memory=inp\nfinish")
    wanted = take(data)
    for same in (bytearray(data), memoryview(data), np.frombuffer(data, np.uint8)):
        assert take(same) == wanted
