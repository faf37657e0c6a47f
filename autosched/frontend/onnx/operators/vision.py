"""Images sampled between their points, pooling undone, and boxes."""

from __future__ import annotations

from typing import Any

from autosched.frontend.onnx.node import OnnxNode, converts
from autosched.graph.graph import Value
from autosched.graph.operators.detection import NonMaxSuppression
from autosched.graph.operators.sampling import DeformConv, GridSample, RoiAlign
from autosched.graph.operators.unpooling import Col2Im, MaxUnpool


def _moves(node: OnnxNode, *names: str) -> dict[str, Any]:
    return {name: node.attribute(name, ()) for name in ("strides", "pads", *names)}


@converts("GridSample")
def _grid_sample(node: OnnxNode) -> Value:
    older = {"bilinear": "linear", "bicubic": "cubic"}  # names of opset 16
    mode = node.attribute("mode", "linear")
    operator = GridSample(
        older.get(mode, mode),
        node.attribute("padding_mode", "zeros"),
        bool(node.attribute("align_corners", 0)),
    )
    return node.emit(operator, *node.inputs)


@converts("DeformConv")
def _deform_conv(node: OnnxNode) -> Value:
    operator = DeformConv(
        groups=node.attribute("group", 1),
        sets=node.attribute("offset_group", 1),
        **_moves(node, "dilations"),
    )
    return node.emit(operator, *node.inputs)


@converts("RoiAlign")
def _roi_align(node: OnnxNode) -> Value:
    default = "half_pixel" if node.opset >= 16 else "output_half_pixel"
    operator = RoiAlign(
        size=(node.attribute("output_height", 1), node.attribute("output_width", 1)),
        samples=node.attribute("sampling_ratio", 0),
        scale=node.attribute("spatial_scale", 1.0),
        half_pixel=node.attribute("coordinate_transformation_mode", default) == "half_pixel",
        largest=node.attribute("mode", "avg") == "max",
    )
    return node.emit(operator, *node.inputs)


@converts("NonMaxSuppression")
def _non_max_suppression(node: OnnxNode) -> Value:
    return node.emit(NonMaxSuppression(bool(node.attribute("center_point_box", 0))), *node.inputs)


@converts("MaxUnpool")
def _max_unpool(node: OnnxNode) -> Value:
    return node.emit(MaxUnpool(node.attribute("kernel_shape"), **_moves(node)), *node.inputs)


@converts("Col2Im")
def _col2im(node: OnnxNode) -> Value:
    return node.emit(Col2Im(**_moves(node, "dilations")), *node.inputs)
