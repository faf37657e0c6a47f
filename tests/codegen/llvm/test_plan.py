"""The function of a plan calls its kernels in order, with pointers to their operands."""

from __future__ import annotations

import ctypes
import time

import numpy as np

from autosched.codegen.llvm.plan import TIMED_SUFFIX, plan_text, timed_text
from autosched.codegen.machine.linked import LinkedCode
from autosched.codegen.machine.module import code_file
from autosched.runtime.functions import Functions
from autosched.runtime.plan import KernelCall, Place, Plan
from autosched.runtime.signature import IndexCheck, Param
from autosched.target.target import Target

TARGET = Target.host()

KERNELS = """
define void @increment(ptr %x, ptr %y) {
  %value = load i64, ptr %x
  %more = add i64 %value, 1
  store i64 %more, ptr %y
  ret void
}

define void @checked(ptr %x, ptr %y, ptr %faults) {
  call void @increment(ptr %x, ptr %y)
  %value = load i64, ptr %x
  %is.outside = icmp sgt i64 %value, 9
  %found = select i1 %is.outside, i64 %value, i64 0
  store i64 %found, ptr %faults
  ret void
}
"""
IN, OUT = Place("input", 0), Place("output", 0)
CHECK = IndexCheck("x", 0, 10)


def plan(*calls: KernelCall) -> Plan:
    x, y = Param("x", "int64", ()), Param("y", "int64", (), True)
    return Plan("net", (x,), (y,), calls, arena_bytes=64, weights_bytes=64)


def linked(made: Plan, timed: bool = False) -> LinkedCode:
    text = plan_text([made]) + (timed_text([made], TARGET.triple) if timed else "")
    return LinkedCode([code_file(KERNELS, TARGET), code_file(text, TARGET)], TARGET)


def run(made: Plan, x: int) -> tuple[int, int]:
    """The output, and the first word of the arena."""
    code = linked(made)
    y, arena, weights = np.zeros((), np.int64), np.zeros(8, np.int64), np.full(8, 100)
    functions = Functions(made.signature, code.address("net"))
    functions.run([np.array(x), y], [arena, weights], {})
    return int(y), int(arena[0])


def test_kernels_are_called_in_order_on_places_of_every_space() -> None:
    first, later, weight = Place("arena", 0), Place("arena", 8), Place("weights", 8)
    made = plan(
        KernelCall("increment", (IN, first)),
        KernelCall("increment", (first, later)),
        KernelCall("increment", (later, OUT)),
        KernelCall("increment", (weight, first)),
    )
    assert run(made, 5) == (8, 101)


def test_nothing_runs_after_an_index_that_is_outside() -> None:
    word = Place("arena", 0)
    made = plan(
        KernelCall("checked", (IN, word), (CHECK,)),
        KernelCall("checked", (word, word), (CHECK,)),
        KernelCall("increment", (word, OUT)),
    )
    assert run(made, 4) == (7, 6)
    code = linked(made)
    for x, faults in ((12, [12, 0]), (9, [0, 11])):
        y, arena, found = np.zeros((), np.int64), np.zeros(8, np.int64), np.zeros(2, np.int64)
        given = [np.array(x), y, arena, arena, found]
        function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5)(code.address("net"))
        function(*(array.ctypes.data for array in given))
        assert found.tolist() == faults
        assert y == 0


def test_the_times_of_calls_are_in_order() -> None:
    made = plan(KernelCall("increment", (IN, OUT)), KernelCall("increment", (OUT, OUT)))
    code = linked(made, timed=True)
    x, y, block, times = np.array(1), np.zeros((), np.int64), np.zeros(8, np.int64), np.zeros(3)
    times = times.astype(np.int64)
    function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5)(code.address("net" + TIMED_SUFFIX))
    before = time.monotonic_ns()
    function(*(array.ctypes.data for array in (x, y, block, block, times)))
    assert before <= times[0] <= times[1] <= times[2] <= time.monotonic_ns()
    assert y == 3
