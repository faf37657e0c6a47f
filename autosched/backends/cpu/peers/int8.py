"""What workloads of int8 are to peers, whose operators have floats for sums and scales.

Sums stay floats, which hold them exactly below 2^24: the operators of peers have no other form.
Ours requantize by a shift, which rounds down; theirs divide by a step and round to the nearest,
which is the same if half a step is subtracted before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autosched.backends.cpu.peers import Array
from autosched.ops.instance import WorkloadInstance

SUMS = ("matmul", "dense", "conv2d", "depthwise_conv2d")
"""The names of workloads whose results are the sums, if they are of int8 and have no more steps."""

REQUANTIZED = ("dense_int8", "conv2d_int8", "depthwise_conv2d_int8")


@dataclass(frozen=True, slots=True)
class Finish:
    """What is done with sums: `relu((sums + added) / step)`, rounded and clipped to int8.

    `step` is 0 where they are the result. `added` has a number for each channel.
    """

    step: int = 0
    added: Array | None = None
    relu: bool = False


def finish_of(workload: WorkloadInstance, arrays: Sequence[Array]) -> Finish | None:
    """Return what a workload does with the sums of products of int8; None if it is another."""
    params, name = workload.params, workload.name
    if name in REQUANTIZED:
        step = 1 << params["shift"]
        bias = arrays[2].astype(np.float64) if params["bias"] else np.zeros(len(arrays[1]))
        return Finish(step, (bias * step - (step - 1) / 2).astype(np.float32), params["relu"])
    kinds = [tensor.dtype.name for tensor in workload.tensors]
    return Finish() if name in SUMS and kinds == ["int8", "int8", "int32"] else None
