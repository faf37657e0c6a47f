"""The outcomes of right and wrong programs in a worker."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autosched import te
from autosched.backends.vta.machine import config_of
from autosched.backends.vta.measure.tasks import (
    VtaBuilder,
    difference,
    disagreement,
    outcome_of,
    random_input,
)
from autosched.backends.vta.measure.warm import small_program
from autosched.backends.vta.target import VtaTarget
from autosched.errors import LoweringError
from autosched.measure.case import Case
from autosched.measure.outcome import Outcome
from autosched.schedule.trace import to_json
from autosched.vta import VTAConfig, cycles, decode, encode
from autosched.vta.isa.instructions import Finish, Gemm, Instruction, Load, Store
from autosched.vta.lowering import Program
from tests.backends.vta.tasks import conv_task

CONFIG = VTAConfig()


@pytest.fixture(scope="module")
def case() -> Case:
    return Case(VtaBuilder().reference(conv_task().text, {}))


@pytest.fixture(scope="module")
def program() -> Program:
    return compiled((1, 24, 48))


def compiled(vector: tuple[int, ...]) -> Program:
    task = conv_task()
    trace = to_json(task.sketches[0].bind(vector))
    return VtaBuilder().compile(task.text, trace, str(task.backend), 1)


def changed(program: Program, kind: type, first: bool = True, **fields: object) -> Program:
    """Return the program with the first, or the last, instruction of a kind changed."""
    instructions: list[Instruction] = decode(program.instructions, CONFIG)
    places = [n for n, each in enumerate(instructions) if isinstance(each, kind)]
    place = places[0 if first else -1]
    instructions[place] = replace(instructions[place], **fields)  # type: ignore[type-var]
    return replace(program, instructions=encode(instructions, CONFIG))


def test_a_right_program_has_the_time_of_its_cycles(program: Program, case: Case) -> None:
    total = cycles(program.instructions).total
    assert outcome_of(program, case, "vta", 3.0) == Outcome("ok", "", (total * 10.0,), 3.0)
    on_board = cycles(program.instructions, "pynq").total
    assert outcome_of(program, case, "vta:pynq").times_ns == (on_board * 10.0,)


def test_what_is_computed_wrong_shows(program: Program, case: Case) -> None:
    last = [each for each in decode(program.instructions, CONFIG) if isinstance(each, Gemm)][-1]
    wrong = changed(program, Gemm, first=False, iter_out=last.iter_out - 1)
    outcome = outcome_of(wrong, case, "vta")
    assert outcome.kind == "wrong_result"
    assert "elements are wrong" in outcome.reason
    assert outcome.times_ns == ()


def test_what_some_implementation_runs_otherwise_shows_to_a_closer_look(
    program: Program, case: Case
) -> None:
    assert disagreement(program, case) is None
    last = decode(program.instructions, CONFIG)[-1]
    assert isinstance(last, Finish)
    # In order all the same, but FINISH no longer waits for the last store.
    hasty = changed(program, Finish, pop_next=False)
    hasty = changed(hasty, Store, first=False, push_prev=False)
    assert outcome_of(hasty, case, "vta").ok
    assert "on every implementation: " in (disagreement(hasty, case) or "")


def test_what_is_not_written_shows_even_where_it_is_zero(program: Program, case: Case) -> None:
    store = next(e for e in decode(program.instructions, CONFIG) if isinstance(e, Store))
    assert store.y_size * store.x_size > 1
    less = {"y_size": store.y_size - 1} if store.y_size > 1 else {"x_size": store.x_size - 1}
    mistake = difference(changed(program, Store, **less), case)
    assert mistake is not None
    assert "got -51" in mistake  # the byte 0xCD


def test_a_write_beside_the_outputs_shows(program: Program, case: Case) -> None:
    further = replace(program, dram_bytes=program.dram_bytes + 4096)
    store = next(e for e in decode(program.instructions, CONFIG) if isinstance(e, Store))
    end = program.dram_bytes // CONFIG.block_out
    instructions = decode(program.instructions, CONFIG)
    instructions.insert(-1, replace(store, dram_base=end, y_size=1, x_size=1,
                                    pop_prev=False, push_prev=False))  # fmt: skip
    beside = replace(further, instructions=encode(instructions, CONFIG))
    assert difference(beside, case) == (
        f"expected writes to outputs alone, got one to byte {program.dram_bytes} of the DRAM"
    )


def test_a_program_that_waits_for_ever_has_crashed(program: Program, case: Case) -> None:
    outcome = outcome_of(changed(program, Load, first=False, pop_next=True), case, "vta")
    assert outcome.kind == "crashed"
    assert "expected" in outcome.reason


def test_what_does_not_fit_is_refused_with_the_reason() -> None:
    with pytest.raises(LoweringError, match="expected at most 2048 elements in the ACC memory"):
        compiled((2, 24, 48))


def test_inputs_are_the_same_everywhere_and_spread() -> None:
    data = te.placeholder((4, 64), "int8", name="data")
    sums = te.placeholder((4, 64), "int32", name="sums")
    np.testing.assert_array_equal(random_input(data, 0), random_input(data, 0))
    assert (random_input(data, 0) != random_input(data, 1)).any()
    assert random_input(data, 0).dtype == np.int8
    assert np.abs(random_input(sums, 0)).max() > 1000
    assert random_input(sums, 0).dtype == np.int32


@pytest.mark.parametrize(
    "target", [VtaTarget(), VtaTarget(config="4x16_i8w8a32_15_15_18_17")], ids=str
)
def test_what_warms_a_worker_is_a_right_program(target: VtaTarget) -> None:
    outcome = outcome_of(*small_program(config_of(target)), str(target))
    assert outcome.ok, outcome.reason
