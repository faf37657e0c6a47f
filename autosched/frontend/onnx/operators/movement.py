"""Shapes, movement, and reads and writes at places given by data."""

from __future__ import annotations

import numpy as np

from autosched.errors import GraphError
from autosched.frontend.onnx.node import OnnxNode, converts
from autosched.frontend.onnx.reading import dtype_of
from autosched.graph.graph import Value
from autosched.graph.operators import indexing as ix
from autosched.graph.operators import movement as mv
from autosched.graph.operators import shapes
from autosched.graph.operators.reshaping import (
    DepthToSpace,
    Flatten,
    Reshape,
    SpaceToDepth,
    Squeeze,
    Unsqueeze,
)
from autosched.graph.operators.scatter import ScatterElements, ScatterNd
from autosched.ir.dtype import FLOAT32


def _static(node: OnnxNode, name: str, place: int) -> Value | None:
    """What older versions have as an attribute and newer ones as an input."""
    if node.has(name):
        return node.constant(node.attribute(name))
    return node.input(place)


@converts("Reshape")
def _reshape(node: OnnxNode) -> Value:
    operator = Reshape(bool(node.attribute("allowzero", 0)))
    return node.emit(operator, node.needed(0), node.needed(1))


@converts("Flatten")
def _flatten(node: OnnxNode) -> Value:
    return node.emit(Flatten(node.attribute("axis", 1)), node.needed(0))


@converts("Squeeze", "Unsqueeze")
def _squeeze(node: OnnxNode) -> Value:
    operator = Squeeze() if node.kind == "Squeeze" else Unsqueeze()
    return node.emit(operator, node.needed(0), _static(node, "axes", 1))


@converts("Transpose")
def _transpose(node: OnnxNode) -> Value:
    return node.emit(mv.Transpose(node.attribute("perm")), node.needed(0))


@converts("Expand")
def _expand(node: OnnxNode) -> Value:
    return node.emit(mv.Expand(), *node.inputs)


@converts("Tile")
def _tile(node: OnnxNode) -> Value:
    return node.emit(mv.Tile(), *node.inputs)


@converts("Slice")
def _slice(node: OnnxNode) -> Value:
    if node.opset >= 10:
        return node.emit(mv.Slice(), *node.inputs)
    given = (_static(node, name, 9) for name in ("starts", "ends", "axes"))
    return node.emit(mv.Slice(), node.needed(0), *given)


@converts("Concat")
def _concat(node: OnnxNode) -> Value:
    return node.emit(mv.Concat(node.attribute("axis", 1)), *node.inputs)


@converts("Split")
def _split(node: OnnxNode) -> list[Value]:
    count = len(node.wanted)
    sizes = _static(node, "split", 1)
    operator = mv.Split(node.attribute("axis", 0), 0 if sizes is not None else count)
    return list(node.emit_all(operator, node.needed(0), sizes, count=count))


@converts("Pad")
def _pad(node: OnnxNode) -> Value:
    operator = mv.Pad(node.attribute("mode", "constant"))
    if node.opset >= 11:
        return node.emit(operator, *node.inputs)
    value = node.constant(node.attribute("value", 0.0), np.float32)
    return node.emit(operator, node.needed(0), node.constant(node.attribute("pads")), value)


@converts("DepthToSpace")
def _depth_to_space(node: OnnxNode) -> Value:
    first = node.attribute("mode", "DCR") == "CRD"
    return node.emit(DepthToSpace(node.attribute("blocksize"), first), node.needed(0))


@converts("SpaceToDepth")
def _space_to_depth(node: OnnxNode) -> Value:
    first = node.attribute("mode", "DCR") == "CRD"
    return node.emit(SpaceToDepth(node.attribute("blocksize"), first), node.needed(0))


@converts("Trilu")
def _trilu(node: OnnxNode) -> Value:
    return node.emit(mv.Trilu(bool(node.attribute("upper", 1))), *node.inputs)


@converts("Shape")
def _shape(node: OnnxNode) -> Value:
    return node.emit(
        shapes.Shape(node.attribute("start", 0), node.attribute("end")), node.needed(0)
    )


@converts("Size")
def _size(node: OnnxNode) -> Value:
    return node.emit(shapes.Size(), node.needed(0))


@converts("Range")
def _range(node: OnnxNode) -> Value:
    return node.emit(shapes.Range(), *node.inputs)


@converts("ConstantOfShape")
def _full(node: OnnxNode) -> Value:
    if not node.has("value"):
        return node.emit(shapes.Full(0.0, FLOAT32), node.needed(0))
    array, element = node.tensor("value")
    if element.kind == "bfloat":
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return node.emit(shapes.Full(array.reshape(-1)[0].item(), element), node.needed(0))


@converts("EyeLike")
def _eye_like(node: OnnxNode) -> Value:
    element = None
    if node.has("dtype"):
        element = dtype_of(node.attribute("dtype"), f"the result of EyeLike at {node.name}")
    return node.emit(shapes.EyeLike(node.attribute("k", 0), element), node.needed(0))


@converts("Constant")
def _constant(node: OnnxNode) -> Value:
    if node.has("value"):
        return node.tensor_constant(*node.tensor("value"))
    for name, element in (("float", np.float32), ("int", np.int64)):
        for given in (f"value_{name}", f"value_{name}s"):
            if node.has(given):
                return node.constant(node.attribute(given), element)
    raise GraphError(f"expected a constant of numbers at {node.name}, got another kind")


@converts("Gather")
def _gather(node: OnnxNode) -> Value:
    return node.emit(ix.Gather(node.attribute("axis", 0)), *node.inputs)


@converts("GatherElements")
def _gather_elements(node: OnnxNode) -> Value:
    return node.emit(ix.GatherElements(node.attribute("axis", 0)), *node.inputs)


@converts("GatherND")
def _gather_nd(node: OnnxNode) -> Value:
    return node.emit(ix.GatherNd(node.attribute("batch_dims", 0)), *node.inputs)


@converts("ScatterElements", "Scatter")
def _scatter_elements(node: OnnxNode) -> Value:
    operator = ScatterElements(node.attribute("reduction", "none"), node.attribute("axis", 0))
    return node.emit(operator, *node.inputs)


@converts("ScatterND")
def _scatter_nd(node: OnnxNode) -> Value:
    return node.emit(ScatterNd(node.attribute("reduction", "none")), *node.inputs)


@converts("OneHot")
def _one_hot(node: OnnxNode) -> Value:
    return node.emit(ix.OneHot(node.attribute("axis", -1)), *node.inputs)


@converts("NonZero")
def _nonzero(node: OnnxNode) -> Value:
    return node.emit(ix.NonZero(), node.needed(0))


@converts("Compress")
def _compress(node: OnnxNode) -> Value:
    return node.emit(ix.Compress(node.attribute("axis")), *node.inputs)


@converts("Unique")
def _unique(node: OnnxNode) -> list[Value]:
    operator = ix.Unique(node.attribute("axis"), bool(node.attribute("sorted", 1)))
    return list(node.emit_all(operator, node.needed(0), count=4))


@converts("ReverseSequence")
def _reverse_sequence(node: OnnxNode) -> Value:
    axes = node.attribute("batch_axis", 1), node.attribute("time_axis", 0)
    return node.emit(ix.ReverseSequence(*axes), *node.inputs)
