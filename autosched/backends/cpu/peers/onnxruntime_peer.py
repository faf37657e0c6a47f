"""ONNX Runtime, on its CPU provider."""

from __future__ import annotations

from collections.abc import Sequence

import onnxruntime

from autosched.backends.cpu.peers import Array, Run
from autosched.backends.cpu.peers.onnx_model import onnx_model
from autosched.ops.instance import WorkloadInstance


def make(workload: WorkloadInstance, arrays: Sequence[Array], threads: int) -> Run | None:
    model = onnx_model(workload, arrays)
    if model is None:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    asked = {item.name for item in session.get_inputs()}
    named = zip(workload.inputs, arrays, strict=True)
    feeds = {tensor.name: array for tensor, array in named if tensor.name in asked}
    return lambda: session.run(None, feeds)
