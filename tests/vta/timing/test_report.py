"""The report of cycles by unit and by cause."""

import pytest

from autosched.vta import Memory, cycles, encode
from autosched.vta.isa.instructions import Finish, Store
from tests.vta.timing.measured import measured
from tests.vta.timing.test_model import CONFIG, gemm, load

PROGRAMS = [p["instructions"] for p in (*measured("programs")[:20], *measured("convolutions"))]


@pytest.mark.parametrize("preset", ["tsim", "pynq"])
def test_every_cycle_of_every_unit_is_accounted_for(preset: str) -> None:
    for program in PROGRAMS:
        report = cycles(program, preset)
        for unit in report.units.values():
            assert unit.busy + sum(unit.waits.values()) + unit.idle == report.total
            assert 0 <= unit.bus <= unit.busy
            assert unit.idle >= 0
        assert report.units["fetch"].instructions == len(program) // 16
        assert sum(report.units[n].instructions for n in ("load", "compute", "store")) == (
            len(program) // 16
        )


@pytest.mark.parametrize("preset", ["tsim", "pynq"])
def test_the_timeline_has_each_unit_in_order_with_its_waits_between(preset: str) -> None:
    for program in PROGRAMS:
        report = cycles(program, preset)
        free = {"load": 0, "compute": 0, "store": 0}
        for number, span in enumerate(report.timeline):
            assert span.instruction == number
            for wait in span.waits:
                assert wait.start == free[span.unit]
                free[span.unit] = wait.end
            assert span.start == free[span.unit]
            assert 0 <= span.bus_wait <= span.end - span.start
            free[span.unit] = span.end
        assert report.timeline[-1].end == report.total


def test_what_waits_for_what() -> None:
    program = [
        load(Memory.INP, 1, 100, push_next=True),
        load(Memory.WGT, 1, 4, pop_next=True),
        gemm(1, 50, 1, pop_prev=True, push_prev=True),
        Finish(),
    ]
    report = cycles(encode(program, CONFIG))
    first, second, product, _ = report.timeline
    assert [wait.reason for wait in first.waits] == ["instruction arrival"]
    assert [wait.reason for wait in second.waits] == ["tokens compute to load"]
    assert second.waits[0].end == product.end
    arrival, tokens = product.waits
    assert (arrival.reason, arrival.cause) == ("instruction arrival", "instruction arrival")
    assert (tokens.reason, tokens.cause) == ("tokens load to compute", "tokens from load")
    assert (tokens.start, tokens.end) == (arrival.end, first.end)


def test_the_wait_for_the_bus() -> None:
    report = cycles(encode([load(Memory.WGT, 1, 8), load(Memory.ACC, 1, 4), Finish()], CONFIG))
    weights, sums, _ = report.timeline
    assert weights.bus_wait == 0
    # Both are asked for about at once, and the weights take 256 beats; the delays overlap.
    assert sums.start == weights.start + 1
    assert sums.end == weights.end + 4 * 8
    assert sums.bus_wait == sums.end - sums.start - (4 * 8 + 7 + 16)
    assert report.units["compute"].bus == sums.bus_wait


def test_shares() -> None:
    out = Store(memory=Memory.OUT, sram_base=0, dram_base=0, y_size=2, x_size=5, x_stride=9)
    loads = [load(Memory.WGT, 1, 8), load(Memory.UOP, 1, 7), load(Memory.INP, 3, 2)]
    program = [*loads, load(Memory.ACC, 1, 1), gemm(1, 90, 1), out, Finish()]
    report = cycles(encode(program, CONFIG))
    assert report.beats == {"fetch": 14, "uop": 4, "inp": 12, "wgt": 256, "acc": 8, "store": 20}
    assert report.bus_share["wgt"] == 256 / report.total
    assert "store" not in report.bus_share
    assert report.gemm_utilisation == 90 / report.total
    assert report.microseconds == report.total / 100


def test_a_reset_is_no_work_of_the_core() -> None:
    report = cycles(encode([gemm(1, 90, 1, reset=True), Finish()], CONFIG))
    assert report.gemm_uops == 0
    assert [span.kind for span in report.timeline] == ["RESET", "FINISH"]


def test_c11_uses_the_core_as_its_description_says() -> None:
    report = cycles(measured("convolutions")[1]["instructions"])
    assert report.gemm_uops == 451_584
    assert report.gemm_utilisation == pytest.approx(0.963, abs=0.001)


def test_the_table() -> None:
    lines = str(cycles(measured("convolutions")[1]["instructions"])).splitlines()
    assert lines[0] == "469093 cycles (4690.9 us, preset tsim), GEMM 96.3 %, read bus 64.4 %"
    assert [line.split()[0] for line in lines[1:]] == ["fetch", "load", "compute", "store"]
    assert "tokens compute to load" in lines[2]
