"""ONNX Runtime, on its CPU provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import onnxruntime

from autosched.backends.cpu.peers import Array, Run
from autosched.backends.cpu.peers.onnx_model import is_onnx, onnx_model
from autosched.ops.instance import WorkloadInstance

ERRORS = 3
"""The level of its log at which it tells no warnings."""


def make(workload: WorkloadInstance, arrays: Sequence[Array], threads: int) -> Run | None:
    model = onnx_model(workload, arrays)
    if model is None:
        return None
    named = zip(workload.inputs, arrays, strict=True)
    return _run(model, {tensor.name: array for tensor, array in named}, threads)


def make_of_file(file: Path, inputs: Mapping[str, Array], threads: int) -> Run | None:
    return _run(str(file), inputs, threads) if is_onnx(file) else None


def _run(model: bytes | str, inputs: Mapping[str, Array], threads: int) -> Run:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = ERRORS
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feeds = {item.name: inputs[item.name] for item in session.get_inputs()}
    return lambda: session.run(None, feeds)
