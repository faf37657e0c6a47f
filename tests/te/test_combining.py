"""Which reductions are one operator."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autosched import te
from autosched.building import lower_program, program_text
from autosched.ir.expr import Add, Max, Min, Mul
from autosched.target.target import Target
from autosched.te.combining import combining_operator
from tests.schedule.nests import argmax, copy
from tests.te.samples import structural_key

TARGET = replace(Target.host(), vector_bits=256)


def reduced(make, length: int = 8) -> te.Tensor:
    A = te.placeholder((4, length), name="A")
    k = te.reduce_axis((0, length), name="k")
    return te.compute((4,), lambda i: make(A[i, k], axis=k), name="B")


@pytest.mark.parametrize(
    ("make", "operator"), [(te.sum, Add), (te.prod, Mul), (te.min, Min), (te.max, Max)]
)
def test_the_reductions_with_an_operator(make, operator) -> None:
    assert combining_operator(reduced(make).op) is operator


MINE = {
    "sum": te.comm_reducer(lambda x, y: y + x, lambda t: te.const(0, t), name="mine"),
    "prod": te.comm_reducer(lambda x, y: y * x, lambda t: te.const(1, t), name="mine"),
    "min": te.comm_reducer(lambda x, y: te.min(y, x), te.max_value, name="mine"),
    "max": te.comm_reducer(lambda x, y: te.max(x, y), te.min_value, name="mine"),
}


@pytest.mark.parametrize("name", MINE)
def test_an_operator_of_ones_own_is_known_by_what_it_does(name: str) -> None:
    mine, given = reduced(MINE[name]), reduced(getattr(te, name))
    assert combining_operator(mine.op) is combining_operator(given.op)
    assert structural_key([mine]) == structural_key([given])


@pytest.mark.parametrize("name", MINE)
def test_the_same_function_gets_the_same_code(name: str) -> None:
    def code(output: te.Tensor) -> str:
        schedule = te.create_schedule(output)
        stage = schedule[output]
        stage.vectorize(stage.split(stage.op.reduce_axis[0], 8)[1])
        args = [*output.op.input_tensors, output]
        program = lower_program(schedule, args, TARGET)
        return f"{schedule} {program.main} {program_text(program, TARGET, threads=1)}"

    mine, given = reduced(MINE[name], 32), reduced(getattr(te, name), 32)
    assert code(mine).replace("mine", name) == code(given)


def test_a_sum_that_does_not_start_at_zero_is_none() -> None:
    almost = te.comm_reducer(lambda x, y: x + y, lambda t: te.const(1e-9, t), name="sum")
    assert combining_operator(reduced(almost).op) is None


def test_other_operations_have_none() -> None:
    either = te.comm_reducer(lambda x, y: x + y - x * y, lambda t: te.const(0, t), name="either")
    assert combining_operator(reduced(either).op) is None
    assert combining_operator(argmax()[0].op) is None
    assert combining_operator(copy().op) is None
