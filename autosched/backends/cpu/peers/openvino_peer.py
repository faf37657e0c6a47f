"""OpenVINO, on its CPU device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import openvino

from autosched.backends.cpu.peers import Array, Run
from autosched.backends.cpu.peers.onnx_model import is_onnx, onnx_model
from autosched.backends.cpu.peers.openvino_int8 import int8_model
from autosched.ops.instance import WorkloadInstance


def make(workload: WorkloadInstance, arrays: Sequence[Array], threads: int) -> Run | None:
    named = zip(workload.inputs, arrays, strict=True)
    feeds = {tensor.name: array for tensor, array in named}
    if integers := int8_model(workload, arrays):
        return run_of(integers, feeds, threads)
    model = onnx_model(workload, arrays)
    # Its CPU device computes float64 in float32.
    if model is None or workload.outputs[0].dtype.name != "float32":
        return None
    return run_of(openvino.Core().read_model(model, b""), feeds, threads)


def make_of_file(file: Path, inputs: Mapping[str, Array], threads: int) -> Run | None:
    return run_of(openvino.Core().read_model(str(file)), inputs, threads) if is_onnx(file) else None


def run_of(model: openvino.Model, inputs: Mapping[str, Array], threads: int) -> Run:
    """Return a call of a model on inputs by name."""
    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
    }
    names = [port.get_any_name() for port in model.inputs]
    shapes = {name: list(inputs[name].shape) for name in names}
    if model.is_dynamic():
        model.reshape(shapes)
    compiled = openvino.Core().compile_model(model, "CPU", settings)
    request = compiled.create_infer_request()
    feeds = {name: inputs[name] for name in names}

    def run() -> object:
        results = request.infer(feeds, share_inputs=True, share_outputs=True)
        return [results[number] for number in range(len(model.outputs))]

    return run
