"""The effects of single instructions, with small numbers."""

from typing import Any

import numpy as np
import pytest

from autosched.vta import Counters, Simulator, VTAConfig, encode_uops
from tests.vta.streams import program

CONFIG = VTAConfig()
UOP_AT, INP_AT, WGT_AT, ACC_AT, OUT_AT = 0, 0x1000, 0x4000, 0x8000, 0xC000

ZERO_UOP = "load memory=uop y_size=1 x_size=1\n"


def run(text: str, *, native: bool = True, **arrays: Any) -> tuple[np.ndarray[Any, Any], Counters]:
    """Run a program on an image with arrays in it; return the image."""
    places = {"uop": UOP_AT, "inp": INP_AT, "wgt": WGT_AT, "acc": ACC_AT}
    dram = np.zeros(0x10000, np.uint8)
    for name, array in arrays.items():
        data = np.ascontiguousarray(array).view(np.uint8).reshape(-1)
        dram[places[name] : places[name] + len(data)] = data
    counters = Simulator(CONFIG, native=native).run(program(text), dram)
    return dram, counters


def stored(dram: np.ndarray[Any, Any], count: int) -> np.ndarray[Any, Any]:
    return dram[OUT_AT : OUT_AT + 16 * count].view(np.int8).reshape(count, 16)


def alu(op: str, value: int, amount: int, native: bool, immediate: bool) -> int:
    """Run one ALU operation on a 32-bit sum, and return all its bytes."""
    sums = np.stack([np.full(16, value), np.full(16, amount)]).astype("<i4")
    uops = np.frombuffer(encode_uops([(0, 1, 0)], CONFIG), np.uint8)
    operand = f"imm={amount} use_imm" if immediate else ""
    text = ZERO_UOP + f"load memory=acc dram_base={ACC_AT // 64} y_size=1 x_size=2 x_stride=2\n"
    text += f"alu op={op} uop_end=1 iter_out=1 iter_in=1 {operand}\n"
    for byte in range(4):
        text += f"""
        load memory=uop push_next
        store memory=out dram_base={OUT_AT // 16 + byte} y_size=1 x_size=1 pop_prev push_prev
        alu op=shr uop_end=1 iter_out=1 iter_in=1 imm=8 use_imm pop_next
        """
    dram, _ = run(text, native=native, acc=sums, uop=uops)
    low_bytes = stored(dram, 4)[:, 5].tobytes()
    return int.from_bytes(low_bytes, "little", signed=True)


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize(
    ("op", "value", "amount", "result"),
    [
        ("min", -7, 5, -7),
        ("max", -7, 5, 5),
        ("add", 2**31 - 1, 1, -(2**31)),
        ("mul", 2**30, 6, -(2**31)),
        ("mul", -3, 1000, -3000),
        ("shr", -9, 1, -5),
        ("shr", 1, -4, 16),
        ("shr", 3, -31, -(2**31)),
        ("shr", 1024, 33, 512),
        ("shr", 1, -33, 2),
        ("shr", 5, 32, 5),
        ("shr", 5, -32, 5),
    ],
)
def test_alu(op: str, value: int, amount: int, result: int, native: bool) -> None:
    assert alu(op, value, amount, native, immediate=True) == result
    assert alu(op, value, amount, native, immediate=False) == result


def test_a_gemm_multiplies_rows_by_transposed_weights_and_adds() -> None:
    random = np.random.default_rng(1)
    inp = random.integers(-8, 8, (3, 16)).astype(np.int8)
    wgt = random.integers(-4, 4, (16, 16)).astype(np.int8)
    acc = random.integers(-9, 9, (3, 16)).astype("<i4")
    text = (
        ZERO_UOP
        + f"""
    load memory=inp dram_base={INP_AT // 16} y_size=1 x_size=3 x_stride=3
    load memory=wgt dram_base={WGT_AT // 256} y_size=1 x_size=1 x_stride=1 push_next
    load memory=acc dram_base={ACC_AT // 64} y_size=1 x_size=3 x_stride=3 pop_prev
    gemm uop_end=1 iter_out=1 iter_in=3 dst_factor_in=1 src_factor_in=1 push_next
    store memory=out dram_base={OUT_AT // 16} y_size=1 x_size=3 x_stride=3 pop_prev
    """
    )
    dram, counters = run(text, inp=inp, wgt=wgt, acc=acc)
    expected = (acc + inp.astype(int) @ wgt.astype(int).T).astype(np.int8)
    assert np.array_equal(stored(dram, 3), expected)
    assert counters == Counters(48, 256, 192, 4, 48, 3, 0)


def test_a_reset_clears_and_is_not_counted() -> None:
    text = (
        ZERO_UOP
        + f"""
    load memory=acc dram_base={ACC_AT // 64} y_size=1 x_size=2 x_stride=2
    gemm reset uop_end=1 iter_out=1 iter_in=1 push_next
    store memory=out dram_base={OUT_AT // 16} y_size=1 x_size=2 x_stride=2 pop_prev
    """
    )
    dram, counters = run(text, acc=np.full(32, 7, "<i4"))
    assert stored(dram, 2).tolist() == [[0] * 16, [7] * 16]
    assert counters.gemm_counter == 0


def test_padding_puts_zeros_around_and_is_not_counted() -> None:
    sums = np.repeat(np.arange(1, 7), 16).astype("<i4")
    text = f"""
    load memory=acc dram_base={ACC_AT // 64} y_size=2 x_size=2 x_stride=3 y_pad_0=1 x_pad_1=1
    load memory=uop push_next
    store memory=out dram_base={OUT_AT // 16} y_size=1 x_size=9 x_stride=9 pop_prev
    """
    dram, counters = run(text, acc=sums)
    assert stored(dram, 9)[:, 0].tolist() == [0, 0, 0, 1, 2, 0, 4, 5, 0]
    assert counters.acc_load_nbytes == 4 * 64


def test_padding_clears_what_was_there() -> None:
    text = f"""
    load memory=acc dram_base={ACC_AT // 64} y_size=1 x_size=3 x_stride=3
    load memory=acc dram_base={ACC_AT // 64} y_size=1 x_size=1 x_stride=1 x_pad_0=1 push_next
    store memory=out dram_base={OUT_AT // 16} y_size=1 x_size=3 x_stride=3 pop_prev
    """
    dram, _ = run(text, acc=np.repeat([5, 6, 7], 16).astype("<i4"))
    assert stored(dram, 3)[:, 0].tolist() == [0, 5, 7]


def test_a_store_keeps_the_low_byte_and_leaves_what_lies_between_rows() -> None:
    sums = np.repeat([300, -129, 5, 6], 16).astype("<i4")
    text = f"""
    load memory=acc dram_base={ACC_AT // 64} y_size=1 x_size=4 x_stride=4 push_next
    store memory=out dram_base={OUT_AT // 16} y_size=2 x_size=2 x_stride=3 pop_prev
    """
    dram, _ = run(text, acc=sums)
    assert stored(dram, 5)[:, 0].tolist() == [44, 127, 0, 5, 6]


def test_rows_of_a_store_that_overlap_are_written_in_order() -> None:
    text = f"""
    load memory=acc dram_base={ACC_AT // 64} y_size=1 x_size=6 x_stride=6 push_next
    store memory=out dram_base={OUT_AT // 16} y_size=3 x_size=2 x_stride=1 pop_prev
    """
    dram, _ = run(text, acc=np.repeat([1, 2, 3, 4, 5, 6], 16).astype("<i4"))
    assert stored(dram, 4)[:, 0].tolist() == [1, 3, 5, 6]


def test_a_run_does_not_see_the_run_before() -> None:
    simulator = Simulator(CONFIG)
    dram = np.zeros(0x10000, np.uint8)
    dram[ACC_AT:] = 9
    load = f"load memory=acc dram_base={ACC_AT // 64} y_size=1 x_size=1\n"
    store = f"store memory=out dram_base={OUT_AT // 16} y_size=1 x_size=1"
    simulator.run(program(load), dram)
    simulator.run(program(store), dram)
    assert not stored(dram, 1).any()


@pytest.mark.parametrize("native", [True, False])
def test_micro_ops_of_one_instruction_see_each_other(native: bool) -> None:
    """Each sum doubles the one before it."""
    text = (
        ZERO_UOP
        + f"""
    load memory=acc dram_base={ACC_AT // 64} y_size=1 x_size=1
    alu op=add uop_end=1 iter_out=1 iter_in=5 dst_factor_in=1 src_factor_in=1 push_next
    store memory=out dram_base={OUT_AT // 16} y_size=1 x_size=5 x_stride=5 pop_prev
    """
    )
    uops = np.frombuffer(encode_uops([(1, 0, 0)], CONFIG), np.uint8)
    dram, counters = run(text, native=native, acc=np.full(16, 3, "<i4"), uop=uops)
    assert stored(dram, 5)[:, 0].tolist() == [3, 3, 3, 3, 3]
    assert counters.alu_counter == 5
