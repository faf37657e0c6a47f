"""What a parallel loop costs beyond each thread's share of the work."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from functools import cache

from autosched.target.target import Target

ASSUMED_NS = 512
"""Nanoseconds assumed for a machine other than this one."""

MOST_NS = 1 << 16

_ROUNDS, _LOOPS = 15, 10
_ITERATIONS, _STEPS = 16, 128
"""Iterations of the loop, and multiplications in each, one after the other: some 3 µs in all."""


def entering_ns(target: Target) -> int:
    """Nanoseconds, as a power of two so that it is the same whenever it is measured.

    Measured on this machine, with the threads awake as they are when kernels follow one another.
    """
    if target.with_threads(1) != Target.host().with_threads(1):
        return ASSUMED_NS
    return _measured(target.threads)


@cache
def _measured(threads: int) -> int:
    probe = _probe()
    one, several = float("inf"), float("inf")
    for _ in range(_ROUNDS):  # in turn, and the best of many: others' work does not count
        one, several = min(one, _ns(probe, 1)), min(several, _ns(probe, threads))
    return rounded(several - one / min(threads, _ITERATIONS))


def rounded(ns: float) -> int:
    """The nearest power of two by ratio, at least 1 and at most MOST_NS."""
    power = 1
    while power * 2**0.5 < ns and power < MOST_NS:
        power *= 2
    return power


def _ns(probe: Callable[[int, int], None], threads: int) -> float:
    start = time.perf_counter_ns()
    probe(_LOOPS, threads)
    return (time.perf_counter_ns() - start) / _LOOPS


def _probe() -> Callable[[int, int], None]:
    """A C function `(loops, threads)` that runs so many parallel loops."""
    from autosched.codegen.compile import compile_text
    from autosched.codegen.llvm.symbols import PARALLEL_SYMBOL

    module = compile_text(_TEXT.format(symbol=PARALLEL_SYMBOL), Target.host())
    probe = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64)(module.address("probe"))
    probe.module = module  # type: ignore[attr-defined]  # the code lives as long as it
    return probe


_TEXT = f"""
declare void @"{{symbol}}"(ptr, ptr, i64, i64, i64)

define void @probe(i64 %loops, i64 %threads) {{{{
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  call void @"{{symbol}}"(ptr @share, ptr null, i64 0, i64 {_ITERATIONS}, i64 %threads)
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %loops
  br i1 %more, label %loop, label %end
end:
  ret void
}}}}

define internal void @share(ptr %context, i64 %low, i64 %high, i64 %member) {{{{
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
}}}}
"""
