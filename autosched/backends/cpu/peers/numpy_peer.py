"""NumPy, by the function that a workload is registered with."""

from __future__ import annotations

from collections.abc import Sequence

from autosched.backends.cpu.peers import Array, Run
from autosched.ops.instance import WorkloadInstance


def make(workload: WorkloadInstance, arrays: Sequence[Array], threads: int) -> Run | None:
    # NumPy has no bfloat16: its arrays hold the bits.
    if workload.numpy_function is None or any(t.dtype.name == "bfloat16" for t in workload.tensors):
        return None
    return lambda: workload.numpy_reference(arrays)
