"""The times of the nests of a kernel."""

import numpy as np
import pytest

from autosched import te
from autosched.backends.base import arguments
from autosched.backends.cpu.loop_times import _kernel, loop_times
from autosched.backends.form import WorkloadForm
from autosched.building import build_schedule, load, lower_program, program_text, repeatable
from autosched.codegen.compile import compile_text
from autosched.ops.instance import from_tensors
from autosched.schedule.schedule import create_schedule
from autosched.target.target import Target

HOST = Target.host().with_threads(1)


def two_nests():
    A, W = te.placeholder((8, 16), name="A"), te.placeholder((16,), name="W", constant=True)
    twice = te.compute((16,), lambda j: W[j] * 2.0, name="twice")
    k = te.reduce_axis((0, 16), name="k")
    total = te.compute((8,), lambda i: te.sum(A[i, k] * twice[k], axis=k), name="total")
    B = te.compute((8, 16), lambda i, j: A[i, j] - total[i], name="B")
    return WorkloadForm(from_tensors([A, W, B])), create_schedule(B)


def test_a_time_for_each_nest_that_a_call_runs():
    form, schedule = two_nests()
    found = loop_times(HOST, form, schedule, {})
    assert [name for name, _ in found] == ["total", "B"]
    assert all(time_ns >= 0 for _, time_ns in found)


def test_calls_that_are_timed_take_the_fast_path_of_those_that_are_reported():
    form, schedule = two_nests()
    reported = build_schedule(schedule, arguments(form), HOST)
    timed = _kernel(HOST, form, schedule, 0)
    assert (timed._trampoline is None) == (reported._trampoline is None)


@pytest.mark.parametrize("twice", [0, 1])
def test_a_nest_that_runs_twice_computes_the_same(twice):
    form, schedule = two_nests()
    args = arguments(form)
    assert repeatable(schedule, args) == ["total", "B"]
    once = lower_program(schedule, args, HOST)
    program = lower_program(schedule, args, HOST, twice=twice)
    assert len(str(program.main).splitlines()) > len(str(once.main).splitlines())
    module = compile_text(program_text(program, HOST, threads=1), HOST)
    random = np.random.default_rng(0)
    a, w = random.random((8, 16), "float32"), random.random(16, "float32")
    found, expected = np.empty((8, 16), "float32"), np.empty((8, 16), "float32")
    load(program, module)(a, w, found)
    build_schedule(schedule, args, HOST)(a, w, expected)
    np.testing.assert_array_equal(found, expected)


def test_a_single_nest_has_no_time_of_its_own():
    A = te.placeholder((8,), name="A")
    B = te.compute((8,), lambda i: A[i] * 2.0, name="B")
    form = WorkloadForm(from_tensors([A, B]))
    assert loop_times(HOST, form, create_schedule(B), {}) == []
