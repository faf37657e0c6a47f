"""The builder whose candidates are the names of faults."""

from __future__ import annotations

import ctypes

import numpy as np

from autosched.measure.options import MeasureOptions, TimingPlan
from autosched.runtime.kernel import Kernel
from tests.measure.faults.table import FAULTS, Fault
from tests.measure.hook import PARAMS, SHAPE, SIGNATURE, Hook

OPTIONS = MeasureOptions(
    workers=1,
    run_timeout_s=5.0,
    build_timeout_s=5.0,
    memory_bytes=400 << 20,
    builder="tests.measure.faults.builder:Faults",
    timing=TimingPlan(repeat_ns=1e5, max_repeats=4),
)


class Faults(Hook):
    def compile(self, workload: str, trace: str, target: str, threads: int) -> Kernel:
        fault = FAULTS.get(trace)
        if fault is None or (fault.run is None and fault.build is None):
            return super().compile(workload, trace, target, threads)
        if fault.build is not None:
            fault.build()
            return super().compile(workload, "good", target, threads)
        return _kernel(fault)


def _kernel(fault: Fault) -> Kernel:
    """Return a kernel whose code is the Python function of a fault."""

    def called(*pointers: int) -> None:
        kind = ctypes.c_float * int(np.prod(SHAPE))
        a, b, c = (np.ctypeslib.as_array(kind.from_address(p)).reshape(SHAPE) for p in pointers)
        if fault.is_right:
            np.add(a, b, out=c)
        assert fault.run is not None
        fault.run(a, b, c)

    function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(PARAMS))(called)
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None
    return Kernel(SIGNATURE, address, keepalive=function)
