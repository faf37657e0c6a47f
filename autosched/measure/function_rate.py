"""Measures how long a function of floats takes for an element, with its operands in L1."""

from __future__ import annotations

from functools import cache
from statistics import median

from autosched import te
from autosched.building import build_program, lower_program
from autosched.ir.build import call, const
from autosched.ir.intrinsics import INTRINSICS
from autosched.measure.native_loop import NativeRunner
from autosched.runtime.arrays import empty
from autosched.schedule.schedule import create_schedule
from autosched.target.target import Target

_SIMPLE = {"abs", "ceil", "copysign", "floor", "isnan", "nextafter", "round", "trunc"}
FUNCTIONS = {
    name
    for name, each in INTRINSICS.items()
    if each.operands == "float" and name not in _SIMPLE and not each.across_lanes
}
"""The functions that take several instructions, or slow ones."""

RUNS = 12
RUN_NS = 1e6
"""The number of timed runs, and the length of each."""


@cache
def function_ns(target: Target, name: str, dtype: str) -> float:
    """Measure the nanoseconds of one core for an element; the operands are all 1/2 or 2."""
    elements = target.l1_bytes // 16
    value = 2.0 if name == "acosh" else 0.5
    operand = te.placeholder((elements,), dtype=dtype, name="operand")
    more = [const(value, operand.dtype)] * (INTRINSICS[name].arity - 1)
    result = te.compute((elements,), lambda i: call(name, operand[i], *more), name="result")
    schedule = create_schedule(result)
    _, inner = schedule[result].split(result.op.axis[0], 4 * target.vector_lanes(4))
    schedule[result].vectorize(inner)
    kernel = build_program(lower_program(schedule, [operand, result], target), target, threads=1)
    arrays = [empty((elements,), tensor.dtype.numpy) for tensor in (operand, result)]
    arrays[0].fill(value)
    run = NativeRunner(kernel.address, kernel.pointers(*arrays), (kernel, arrays), own_time=True)
    calls = max(1, int(RUN_NS / max(run(1), 1.0)))
    return median(run(calls) for _ in range(RUNS)) / calls / elements
