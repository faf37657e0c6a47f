"""The cycle model compared with measured cycles, and its arguments."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autosched.vta
from autosched.errors import AcceleratorError
from autosched.vta import Memory, VTAConfig, cycles, encode
from autosched.vta.isa.instructions import Alu, AluOp, Finish, Gemm, Instruction, Load, Store
from tests.vta.timing.measured import measured

CONFIG = VTAConfig()
FINISH_ALONE = 25


def total(*instructions: Instruction, config: VTAConfig = CONFIG, delay: int = 16) -> int:
    return cycles(encode(instructions, config), dram_delay=delay, config=config).total


def load(memory: Memory, rows: int, columns: int, **more: int) -> Load:
    fields = {"sram_base": 0, "dram_base": 0, "x_stride": columns} | more
    return Load(memory=memory, y_size=rows, x_size=columns, **fields)  # type: ignore[arg-type]


def nest(uops: int, outer: int, inner: int) -> dict[str, int]:
    factors = ("dst_factor_out", "dst_factor_in", "src_factor_out", "src_factor_in")
    return {"uop_bgn": 0, "uop_end": uops, "iter_out": outer, "iter_in": inner} | dict.fromkeys(
        factors, 0
    )


def gemm(uops: int, outer: int, inner: int, **more: bool) -> Gemm:
    fields = nest(uops, outer, inner) | {"reset": False} | more
    return Gemm(wgt_factor_out=0, wgt_factor_in=0, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("delay", ["0", "16", "40"])
def test_random_programs_take_the_cycles_of_the_hardware(delay: str) -> None:
    programs = measured("programs")
    found = [cycles(p["instructions"], dram_delay=int(delay)).total for p in programs]
    assert len(programs) == 70
    assert found == [p["cycles"][delay] for p in programs]


def test_convolutions_take_the_cycles_of_the_hardware() -> None:
    found = [cycles(p["instructions"]).total for p in measured("convolutions")]
    assert found == [p["cycles"]["16"] for p in measured("convolutions")]
    assert len(found) == 10


def test_convolutions_take_the_time_of_the_board() -> None:
    errors = [
        abs(cycles(p["instructions"], preset="pynq").microseconds / p["pynq_us"] - 1)
        for p in measured("convolutions")
    ]
    assert sum(errors) / len(errors) < 0.01
    assert max(errors) < 0.03


def test_an_older_alu_takes_longer() -> None:
    program = measured("convolutions")[0]["instructions"]
    assert cycles(program, "pynq-old-alu").total > cycles(program, "pynq").total


@pytest.mark.parametrize("delay", [0, 16, 40])
def test_finish_alone(delay: int) -> None:
    assert total(Finish(), delay=delay) == FINISH_ALONE - 16 + delay


def alu(uops: int, outer: int, inner: int, use_imm: bool) -> Alu:
    fields = nest(uops, outer, inner)
    return Alu(op=AluOp.ADD, use_imm=use_imm, imm=0, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        (gemm(3, 5, 7), 3 * 5 * 7 + 7),
        (gemm(3, 5, 7, reset=True), 3 * 5 * 7 + 7),
        (alu(3, 5, 7, use_imm=True), 3 * 5 * 7 + 7),
        (alu(3, 5, 7, use_imm=False), 2 * 3 * 5 * 7 + 7),
        (load(Memory.ACC, 1, 5), 5 * 8 + 7 + 16),
        (load(Memory.ACC, 9, 2, x_stride=300), 18 * 8 + 7 + 16),
        (load(Memory.ACC, 1, 2, y_pad_0=1, x_pad_0=15, x_pad_1=15), 16 + 7 + 16 + 62 - 20),
        (load(Memory.UOP, 1, 5), 3 + 6 + 16),
        (load(Memory.UOP, 1, 5, dram_base=1), 3 + 6 + 16),
        (load(Memory.UOP, 1, 4, dram_base=1), 3 + 6 + 16),
        (load(Memory.UOP, 1, 0), 2),
    ],
)
def test_one_instruction_of_compute(instruction: Instruction, expected: int) -> None:
    # FINISH follows it in the same queue; it is fetched before, and arrives in its shadow.
    report = cycles(encode([instruction, Finish()], CONFIG))
    span = report.timeline[0]
    assert span.end - span.start == expected
    assert report.total == FINISH_ALONE + 2 + expected


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        (load(Memory.INP, 4, 9), 4 * 9 * 2 + 7 + 16),
        (load(Memory.WGT, 2, 3), 2 * 3 * 32 + 7 + 16),
        (Store(memory=Memory.OUT, sram_base=0, dram_base=0, y_size=2, x_size=5, x_stride=9), 37),
        (Store(memory=Memory.OUT, sram_base=0, dram_base=126, y_size=1, x_size=5, x_stride=5), 22),
    ],
)
def test_one_instruction_of_load_or_store(instruction: Instruction, expected: int) -> None:
    (span, _) = cycles(encode([instruction, Finish()], CONFIG)).timeline
    assert span.end - span.start == expected


@pytest.mark.parametrize(("uops", "expected"), [(1, 1), (2, 2), (3, 4), (6, 8)])
def test_costs_with_fractions_are_rounded_to_the_nearest_even(uops: int, expected: int) -> None:
    program = encode([alu(uops, 1, 1, use_imm=True), Finish()], CONFIG)
    span = cycles(program, "pynq").timeline[0]
    assert span.end - span.start == expected


def test_a_store_reads_an_output_as_wide_as_the_bus_once_a_burst() -> None:
    wide = VTAConfig(log_bus_width=7)
    store = Store(memory=Memory.OUT, sram_base=0, dram_base=0, y_size=1, x_size=5, x_stride=5)
    (span, _) = cycles(encode([store, Finish()], wide), config=wide).timeline
    assert span.end - span.start == 1 + 3 + 5 + 1


def test_the_delay_of_the_dram_is_paid_for_each_read_that_nothing_hides() -> None:
    # Fetch and four loads, one after the other; the GEMM waits for the last of them.
    loads = [load(Memory.INP, 1, 8)] * 3
    last = load(Memory.INP, 1, 8, push_next=True)
    wait = gemm(1, 1, 1, pop_prev=True)
    found = [total(*loads, last, wait, Finish(), delay=delay) for delay in (0, 10, 20)]
    assert found[1] - found[0] == found[2] - found[1] == 10 * 5


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (VTAConfig(), 64 * 2 + 7 + 16),
        (VTAConfig(log_bus_width=7), 64 + 6 + 16),
        (VTAConfig(log_bus_width=8), 32 + 6 + 16),
        (VTAConfig(log_batch=2), 64 * 8 + 7 + 16),
        (VTAConfig(log_block=5, log_inp_buff_size=16, log_acc_buff_size=18), 64 * 4 + 7 + 16),
    ],
)
def test_other_configurations_count_their_beats(config: VTAConfig, expected: int) -> None:
    report = cycles(encode([load(Memory.INP, 1, 64), Finish()], config), config=config)
    assert report.timeline[0].end - report.timeline[0].start == expected


def test_a_wider_bus_never_takes_longer() -> None:
    for program in measured("programs")[:10]:
        widths = [
            cycles(program["instructions"], config=VTAConfig(log_bus_width=width)).total
            for width in (6, 7, 8, 9)
        ]
        assert widths == sorted(widths, reverse=True)


def test_it_is_the_package_s_name() -> None:
    assert autosched.vta.cycles is cycles


@pytest.mark.parametrize("delay", [-1, 1.5, None])
def test_a_delay_is_cycles(delay: object) -> None:
    with pytest.raises(AcceleratorError, match="expected dram_delay as a whole number of cycles"):
        cycles(encode([Finish()], CONFIG), dram_delay=delay)  # type: ignore[arg-type]


def test_cycles_have_a_limit(tmp_path: Path) -> None:
    with pytest.raises(AcceleratorError, match=r"expected dram_delay below 2\^32 cycles"):
        cycles(encode([Finish()], CONFIG), dram_delay=1 << 32)
    path = tmp_path / "slow.toml"
    path.write_text(
        'name = "slow"\ndescription = "some years"\nextends = "tsim"\n[compute]\n'
        'gemm_uop = { value = 1000000, unit = "cycles/micro-op", source = "made up" }\n'
    )
    longest = gemm(8192, 16383, 16383)
    assert total(longest, Finish()) > 1 << 40
    with pytest.raises(AcceleratorError, match=r"expected fewer than 2\^53 cycles, got 2\.1"):
        cycles(encode([longest, Finish()], CONFIG), preset=path)


def test_a_preset_of_the_user(tmp_path: Path) -> None:
    path = tmp_path / "slow.toml"
    path.write_text(
        'name = "slow"\ndescription = "GEMM at half rate"\nextends = "tsim"\n[compute]\n'
        'gemm_uop = { value = 2, unit = "cycles/micro-op", source = "made up" }\n'
    )
    program = encode([gemm(4, 10, 10), Finish()], CONFIG)
    assert cycles(program, preset=path).total == cycles(program).total + 400


@given(st.data())
def test_a_corrupted_program_is_timed_or_refused_by_name(data: st.DataObject) -> None:
    programs = measured("programs")
    program = bytearray(data.draw(st.sampled_from([p["instructions"] for p in programs])))
    for bit in data.draw(st.lists(st.integers(0, 8 * len(program) - 1), min_size=1, max_size=6)):
        program[bit // 8] ^= 1 << bit % 8
    preset = data.draw(st.sampled_from(["tsim", "pynq"]))
    message = ""
    try:
        report = cycles(bytes(program), preset=preset)
    except AcceleratorError as error:
        message = error.message
    assert message.startswith("instruction ") if message else report.total > 0


def test_a_delay_may_be_a_number_of_numpy() -> None:
    stream = encode([Finish()], CONFIG)
    assert cycles(stream, dram_delay=np.int64(40)).total == cycles(stream, dram_delay=40).total


@pytest.mark.parametrize("preset", [None, 3])
def test_a_preset_is_a_name_or_a_file(preset: object) -> None:
    with pytest.raises(AcceleratorError, match="expected a preset's name or file, got"):
        cycles(encode([Finish()], CONFIG), preset)  # type: ignore[arg-type]
