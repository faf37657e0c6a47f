"""Small programs for tests, written by hand or drawn at random."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from autosched.vta import Memory, VTAConfig, assemble, encode_uops
from autosched.vta.isa.instructions import Alu, AluOp, Finish, Gemm, Instruction, Load, Store

IMAGE_BYTES = 1 << 18
OUT_BASE = IMAGE_BYTES // 2
"""Stores of random programs lie behind all that they load."""


def program(text: str, config: VTAConfig | None = None) -> bytes:
    """Assemble a text and append FINISH."""
    return assemble(text + "\nfinish", config)


# Mostly loops that run, so that most programs compute something.
_LOOP = st.sampled_from([1, 2, 3, 3, 2, 1, 0])


def image(config: VTAConfig, seed: int) -> np.ndarray[Any, Any]:
    """Return an image: sixteen micro-ops of small indices, random bytes, and zeros for stores."""
    random = np.random.default_rng(seed)
    dram = np.zeros(IMAGE_BYTES, np.uint8)
    dram[:OUT_BASE] = random.integers(0, 256, OUT_BASE)
    uops = encode_uops(random.integers(0, 4, (16, 3)), config)
    dram[: len(uops)] = np.frombuffer(uops, np.uint8)
    return dram


@st.composite
def compute_streams(draw: st.DrawFn, config: VTAConfig) -> list[Instruction]:
    """Draw loads, a few GEMM and ALU instructions, and stores, in range and in a legal order."""
    stream: list[Instruction] = [Load(Memory.UOP, 0, 0, 1, 16, 16)]
    for memory in (Memory.INP, Memory.WGT, Memory.ACC):
        stream.append(Load(memory, 0, 1, 1, 16, 16))
        stream += draw(st.lists(_loads(config, memory), max_size=2))
    stream += draw(st.lists(_gemms() | _alus(), min_size=1, max_size=3))
    stream.append(draw(_stores(config)))
    return [*stream, Finish()]


def _loads(config: VTAConfig, memory: Memory) -> st.SearchStrategy[Load]:
    limit = max(1, 4096 // config.element_bytes(memory))
    pads = st.integers(0, 2)
    return st.builds(
        Load,
        memory=st.just(memory),
        sram_base=st.integers(0, 3),
        dram_base=st.integers(0, limit),
        y_size=_LOOP,
        x_size=_LOOP,
        x_stride=st.integers(0, 4),
        y_pad_0=pads,
        y_pad_1=pads,
        x_pad_0=pads,
        x_pad_1=pads,
    )


def _stores(config: VTAConfig) -> st.SearchStrategy[Store]:
    first = OUT_BASE // config.element_bytes(Memory.OUT)
    return st.builds(
        Store,
        memory=st.just(Memory.OUT),
        sram_base=st.integers(0, 3),
        dram_base=st.integers(first, first + 5),
        y_size=_LOOP,
        x_size=_LOOP,
        x_stride=st.integers(0, 5),
    )


_NEST = {
    "uop_bgn": st.integers(0, 2),
    "uop_end": st.integers(2, 6),
    "iter_out": _LOOP,
    "iter_in": _LOOP,
    "dst_factor_out": st.integers(0, 3),
    "dst_factor_in": st.integers(0, 3),
    "src_factor_out": st.integers(0, 3),
    "src_factor_in": st.integers(0, 3),
}


def _gemms() -> st.SearchStrategy[Gemm]:
    factors = st.integers(0, 3)
    return st.builds(
        Gemm, reset=st.booleans(), wgt_factor_out=factors, wgt_factor_in=factors, **_NEST
    )


def _alus() -> st.SearchStrategy[Alu]:
    amounts = st.integers(-40, 40) | st.integers(-(1 << 15), (1 << 15) - 1)
    return st.builds(Alu, op=st.sampled_from(AluOp), use_imm=st.booleans(), imm=amounts, **_NEST)
