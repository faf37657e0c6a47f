"""Measures the overhead of a parallel loop: its time beyond each thread's share of the work."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from functools import cache

from autosched.codegen.llvm.symbols import PARALLEL_SYMBOL
from autosched.target.target import Target

ASSUMED_NS = 512
"""The overhead assumed for other machines than this one."""

MAX_NS = 1 << 16

_ROUNDS, _LOOPS = 15, 10
_ITERATIONS, _STEPS = 16, 128
"""Iterations of the loop, and dependent multiplications in each: about 3 µs in all."""


def parallel_overhead_ns(target: Target) -> int:
    """Return the overhead of a parallel loop of `target.threads` threads in nanoseconds.

    It is rounded to a power of two, so that repeated measurements agree. It is measured on
    this machine with awake threads, as when kernels follow one another; for other machines it
    is `ASSUMED_NS`.
    """
    if target.with_threads(1) != Target.host().with_threads(1):
        return ASSUMED_NS
    return _measured(target.threads)


@cache
def _measured(threads: int) -> int:
    probe = _probe()
    one, several = float("inf"), float("inf")
    for _ in range(_ROUNDS):  # in turn, and the minimum: other processes must not count
        one, several = min(one, _ns(probe, 1)), min(several, _ns(probe, threads))
    return rounded(several - one / min(threads, _ITERATIONS))


def rounded(ns: float) -> int:
    """Return the nearest power of two by ratio, at least 1 and at most MAX_NS."""
    power = 1
    while power * 2**0.5 < ns and power < MAX_NS:
        power *= 2
    return power


def _ns(probe: Callable[[int, int], None], threads: int) -> float:
    start = time.perf_counter_ns()
    probe(_LOOPS, threads)
    return (time.perf_counter_ns() - start) / _LOOPS


def _probe() -> Callable[[int, int], None]:
    """Return a C function `(loops, threads)` that runs `loops` parallel loops."""
    from autosched.codegen.compile import compile_last

    code = compile_last(_PROBE_TEXT, Target.host())
    return code.function("probe", ctypes.c_int64, ctypes.c_int64)


_PROBE_TEXT = f"""
declare void @"{PARALLEL_SYMBOL}"(ptr, ptr, i64, i64, i64)

define void @probe(i64 %loops, i64 %threads) {{
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  call void @"{PARALLEL_SYMBOL}"(ptr @share, ptr null, i64 0, i64 {_ITERATIONS}, i64 %threads)
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %loops
  br i1 %more, label %loop, label %end
end:
  ret void
}}

define internal void @share(ptr %context, i64 %low, i64 %high, i64 %member) {{
entry:
  %place = alloca i64
  %count = sub i64 %high, %low
  %steps = mul i64 %count, {_STEPS}
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  %x = phi i64 [ %low, %entry ], [ %y, %loop ]
  %square = mul i64 %x, %x
  %y = add i64 %square, {_STEPS}
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %steps
  br i1 %more, label %loop, label %end
end:
  store volatile i64 %y, ptr %place
  ret void
}}
"""
