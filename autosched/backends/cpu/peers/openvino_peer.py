"""OpenVINO, on its CPU device."""

from __future__ import annotations

from collections.abc import Sequence

import openvino

from autosched.backends.cpu.peers import Array, Run
from autosched.backends.cpu.peers.onnx_model import onnx_model
from autosched.ops.instance import WorkloadInstance


def make(workload: WorkloadInstance, arrays: Sequence[Array], threads: int) -> Run | None:
    model = onnx_model(workload, arrays)
    # Its CPU device computes float64 in float32.
    if model is None or workload.outputs[0].dtype.name != "float32":
        return None
    core = openvino.Core()
    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
    }
    compiled = core.compile_model(core.read_model(model, b""), "CPU", settings)
    request = compiled.create_infer_request()
    asked = {port.get_any_name() for port in compiled.inputs}
    named = zip(workload.inputs, arrays, strict=True)
    feeds = {tensor.name: array for tensor, array in named if tensor.name in asked}

    def run() -> object:
        results = request.infer(feeds, share_inputs=True, share_outputs=True)
        return [results[0]]

    return run
