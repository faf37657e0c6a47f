"""Calls a kernel many times in a native loop, without Python in between."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.body import Body
from autosched.codegen.llvm.text.module import definition
from autosched.codegen.machine.module import compile_quickly
from autosched.measure.caches import evict
from autosched.target.target import Target


class NativeRunner:
    """Calls the C function at `address` with pointers and 64-bit integers; a `timer.Runner`.

    `keepalive` owns the code and the memory. With `own_time` the clock counts the CPU time of
    the calling thread, which excludes other processes on the core: right for a function that
    uses one thread. Before each call, the arrays in `cold` are taken out of the caches.
    """

    def __init__(
        self,
        address: int,
        arguments: Sequence[int],
        keepalive: object = None,
        own_time: bool = False,
        cold: Sequence[np.ndarray] = (),
    ):
        self._clock = time.thread_time_ns if own_time else time.perf_counter_ns
        self._address = address
        self._words = (ctypes.c_int64 * len(arguments))(*arguments)
        self._repeat = _loop(len(arguments))
        self._keepalive = keepalive
        self._cold = cold

    def __call__(self, calls: int) -> float:
        if not self._cold:
            return self._timed(calls)
        total = 0.0
        for _ in range(calls):
            evict(self._cold)
            total += self._timed(1)
        return total

    def _timed(self, calls: int) -> float:
        start = self._clock()
        self._repeat(calls, self._address, self._words)
        return self._clock() - start


@cache
def _loop(count: int) -> Callable[..., None]:
    """Return a C function `(calls, function, words)` that calls `function` with `count` words.

    The calling conventions of 64-bit machines pass pointers like integers.
    """
    body = Body()
    body.open("entry")
    places = [body.let(llvm.element("i64", "%words", number)) for number in range(count)]
    words = [f"i64 {body.let(llvm.load('i64', place))}" for place in places]
    with body.repeated("%calls"):
        body.do(llvm.call_at("void", "%function", words))
    body.ret()
    parameters = ["i64 %calls", "ptr %function", "ptr %words"]
    text = definition("void", "repeat", parameters, body.lines)
    module = compile_quickly(text, Target.host())
    return module.function("repeat", ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)
