"""Spectra of signals, windows and filters."""

from __future__ import annotations

from autosched.frontend.onnx.node import OnnxNode, converts
from autosched.frontend.onnx.reading import dtype_of
from autosched.graph.graph import Value
from autosched.graph.operators import spectral
from autosched.ir.dtype import DType


def _result(node: OnnxNode) -> DType:
    return dtype_of(
        node.attribute("output_datatype", 1), f"the result of {node.kind} at {node.name}"
    )


@converts("DFT")
def _dft(node: OnnxNode) -> Value:
    operator = spectral.Dft(bool(node.attribute("inverse", 0)), bool(node.attribute("onesided", 0)))
    axis = node.input(2) if node.opset >= 20 else node.constant(node.attribute("axis", 1))
    return node.emit(operator, node.needed(0), node.input(1), axis)


@converts("STFT")
def _stft(node: OnnxNode) -> Value:
    return node.emit(spectral.Stft(bool(node.attribute("onesided", 1))), *node.inputs)


_WINDOWS = {
    "HannWindow": (0.5, 0.5, 0.0),
    "HammingWindow": (25 / 46, 21 / 46, 0.0),
    "BlackmanWindow": (0.42, 0.5, 0.08),
}


@converts(*_WINDOWS)
def _window(node: OnnxNode) -> Value:
    periodic = bool(node.attribute("periodic", 1))
    operator = spectral.CosineWindow(*_WINDOWS[node.kind], periodic, _result(node))
    return node.emit(operator, node.needed(0))


@converts("MelWeightMatrix")
def _mel_weights(node: OnnxNode) -> Value:
    return node.emit(spectral.MelWeights(_result(node)), *node.inputs)
