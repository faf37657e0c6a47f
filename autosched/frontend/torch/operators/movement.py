"""Views, and other movements of elements to places that are known."""

from __future__ import annotations

from math import prod

import numpy as np

from autosched.frontend.torch.node import TorchNode, converts
from autosched.frontend.torch.sizes import Extent
from autosched.graph.graph import Value
from autosched.graph.operators import movement as mv
from autosched.graph.operators.indexing import Gather
from autosched.graph.operators.reshaping import DepthToSpace, SpaceToDepth

END = (1 << 63) - 1
"""The end of a slice that PyTorch has where a slice has none."""


@converts("view.default", "reshape", "_unsafe_view", "reshape_as", "view_as",
          "flatten", "unflatten", "squeeze", "unsqueeze", "view_copy")  # fmt: skip
def _reshape(node: TorchNode) -> Value:
    return node.reshape(node.value("self"), node.shape)


@converts("permute", "permute_copy")
def _permute(node: TorchNode) -> Value:
    rank = node.rank()
    return node.transpose(node.value("self"), [axis % rank for axis in node["dims"]])


@converts("transpose", "t", "numpy_T", "mT")
def _transpose(node: TorchNode) -> Value:
    rank = node.rank()
    order = list(range(rank))
    if rank >= 2:
        a, b = (node.get("dim0", -2) % rank, node.get("dim1", -1) % rank)
        order[a], order[b] = order[b], order[a]
    return node.transpose(node.value("self"), order)


@converts("expand", "expand_as", "broadcast_to", "expand_copy")
def _expand(node: TorchNode) -> Value:
    return node.emit(mv.Expand(), node.value("self"), node.sizes.array(node.shape))


@converts("copy")
def _copy(node: TorchNode) -> Value:
    """What is written over all of a tensor."""
    source = node.operand(node["src"], node.dtype)
    return node.emit(mv.Expand(), source, node.sizes.array(node.shape))


@converts("repeat")
def _repeat(node: TorchNode) -> Value:
    x, repeats = node.value("self"), node["repeats"]
    more = len(repeats) - node.rank()
    if more:
        x = node.reshape(x, [*[1] * more, *node.extents(x)])
    return node.emit(mv.Tile(), x, node.sizes.array(repeats))


@converts("cat")
def _cat(node: TorchNode) -> Value:
    rank = len(node.shape)
    parts = [
        node.operand(x, node.dtype)
        for x in node["tensors"]
        if x.type is None or x.type.shape != (0,) or rank == 1
    ]
    return node.emit(mv.Concat(node["dim"] % rank), *parts)


@converts("stack")
def _stack(node: TorchNode) -> Value:
    shape = node.shape
    axis = node["dim"] % len(shape)
    shape[axis] = 1
    parts = [node.reshape(node.operand(x, node.dtype), shape) for x in node["tensors"]]
    return node.emit(mv.Concat(axis), *parts)


@converts("split", "split_with_sizes", "chunk", "unsafe_split", "unsafe_chunk", "tensor_split",
          "split_with_sizes_copy")  # fmt: skip
def _split(node: TorchNode) -> list[Value]:
    axis = node.axis()
    sizes = [node.sizes.extent(part.shape[axis]) for part in node.result]
    given = node.sizes.array(sizes)
    return list(node.emit_all(mv.Split(axis), node.value("self"), given, count=len(sizes)))


@converts("unbind")
def _unbind(node: TorchNode) -> list[Value]:
    axis, count = node.axis(), len(node.result)
    x = node.value("self")
    if count == 1:
        return [node.reshape(x, node.shape)]
    parts = node.emit_all(mv.Split(axis, count), x, count=count)
    return [node.reshape(part, node.shape) for part in parts]


def sliced(
    node: TorchNode, x: Value, axis: int, start: Extent, end: Extent, step: int = 1
) -> Value:
    """The elements from `start` to before `end` along an axis."""
    limits = [node.sizes.array([limit]) for limit in (start, end, axis, step)]
    return node.emit(mv.Slice(), x, *limits)


@converts("slice")
def _slice(node: TorchNode) -> Value:
    start, end = node["start"], node["end"]
    start, end = 0 if start is None else start, END if end is None else end
    return sliced(node, node.value("self"), node.axis(), start, end, node["step"])


@converts("narrow")
def _narrow(node: TorchNode) -> Value:
    start, length = node.numbers([node["start"], node["length"]])
    return sliced(node, node.value("self"), node.axis(), start, start + length)


@converts("select")
def _select(node: TorchNode) -> Value:
    (index,), axis = node.numbers([node["index"]]), node.axis()
    part = sliced(node, node.value("self"), axis, index, index + 1 if index != -1 else END)
    return node.reshape(part, node.shape)


@converts("flip")
def _flip(node: TorchNode) -> Value:
    rank = node.rank()
    axes = [axis % rank for axis in node["dims"]]
    x = node.value("self")
    if not axes:
        return x
    given = ([-1] * len(axes), [-END] * len(axes), axes, [-1] * len(axes))
    return node.emit(mv.Slice(), x, *(node.constant(limits) for limits in given))


@converts("constant_pad_nd", "reflection_pad1d", "reflection_pad2d", "reflection_pad3d",
          "replication_pad1d", "replication_pad2d", "replication_pad3d")  # fmt: skip
def _pad(node: TorchNode) -> Value:
    kind = node.kind.split(".")[1]
    mode = "constant" if kind.startswith("c") else "reflect" if "refl" in kind else "edge"
    pads = node.get("pad", node.get("padding"))
    count = len(pads) // 2
    rank = node.rank()
    axes = [rank - 1 - place for place in range(count)]
    given = node.sizes.array([*pads[::2], *pads[1::2]])
    filler = node.operand(node["value"], node.dtype) if mode == "constant" else None
    return node.emit(mv.Pad(mode), node.value("self"), given, filler, node.constant(axes))


@converts("pixel_shuffle", "pixel_unshuffle")
def _pixel_shuffle(node: TorchNode) -> Value:
    if node.rank() != 4:
        raise node.unsupported("a batch of images")
    if node.kind.startswith("aten.pixel_shuffle"):
        return node.emit(DepthToSpace(node["upscale_factor"], True), node.value("self"))
    return node.emit(SpaceToDepth(node["downscale_factor"], True), node.value("self"))


@converts("tril", "triu")
def _triangle(node: TorchNode) -> Value:
    operator = mv.Trilu(node.kind.startswith("aten.triu"))
    return node.emit(operator, node.value("self"), node.constant(node["diagonal"]))


@converts("roll")
def _roll(node: TorchNode) -> Value:
    x, axes = node.value("self"), node["dims"]
    shape = node.numbers(node.extents(x))
    if not axes:
        axes, x, shape = [0], node.reshape(x, [-1]), [prod(shape)]
    rank = len(shape)
    for shift, axis in zip(node["shifts"], axes, strict=True):
        cut = -shift % max(shape[axis % rank], 1)
        if cut:
            parts = sliced(node, x, axis % rank, cut, END), sliced(node, x, axis % rank, 0, cut)
            x = node.emit(mv.Concat(axis % rank), *parts)
    return node.reshape(x, node.shape)


@converts("unfold")
def _unfold(node: TorchNode) -> Value:
    """Windows of `size` along an axis, which are the last axis."""
    axis, size, step = node.axis("dimension"), node["size"], node["step"]
    x = node.value("self")
    if not node.rank():
        return node.reshape(x, node.shape)
    (count,) = node.numbers(node.shape[axis : axis + 1])
    places = np.arange(count)[:, np.newaxis] * step + np.arange(size)
    found = node.emit(Gather(axis), x, node.constant(places))
    rank = node.rank() + 1
    order = [n for n in range(rank) if n != axis + 1]
    return node.transpose(found, [*order, axis + 1])
