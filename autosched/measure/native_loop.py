"""Calls a kernel many times in a native loop, without Python in between."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Sequence
from functools import cache

import llvmlite.binding as llvm


class NativeRunner:
    """Calls the C function at `address` with pointers and 64-bit integers; a `timer.Runner`.

    `keepalive` owns the code and the memory. With `own_time` the clock counts the CPU time of
    the calling thread, which excludes other processes on the core: right for a function that
    uses one thread.
    """

    def __init__(
        self,
        address: int,
        arguments: Sequence[int],
        keepalive: object = None,
        own_time: bool = False,
    ):
        self._clock = time.thread_time_ns if own_time else time.perf_counter_ns
        self._address = address
        self._words = (ctypes.c_int64 * len(arguments))(*arguments)
        self._repeat = _loop(len(arguments))
        self._keepalive = keepalive

    def __call__(self, calls: int) -> float:
        start = self._clock()
        self._repeat(calls, self._address, self._words)
        return self._clock() - start


@cache
def _loop(count: int) -> Callable[..., None]:
    """Return a C function `(calls, function, words)` that calls `function` with `count` words.

    The calling conventions of 64-bit machines pass pointers like integers.
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(
        opt=1, reloc="static", codemodel="large", jit=True
    )
    module = llvm.parse_assembly(_loop_text(count))
    _engines.append(llvm.create_mcjit_compiler(module, machine))
    _engines[-1].finalize_object()
    signature = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)
    return signature(_engines[-1].get_function_address("repeat"))


_engines: list[llvm.ExecutionEngine] = []


def _loop_text(count: int) -> str:
    loads = "".join(
        f"  %p{i} = getelementptr i64, ptr %words, i64 {i}\n  %w{i} = load i64, ptr %p{i}\n"
        for i in range(count)
    )
    arguments = ", ".join(f"i64 %w{i}" for i in range(count))
    return f"""
define void @repeat(i64 %calls, ptr %function, ptr %words) {{
entry:
{loads}  br label %loop
loop:
  %left = phi i64 [%calls, %entry], [%next, %loop]
  call void %function({arguments})
  %next = sub i64 %left, 1
  %done = icmp sle i64 %next, 0
  br i1 %done, label %out, label %loop
out:
  ret void
}}
"""
