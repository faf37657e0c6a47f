"""Parts of images, resized."""

from __future__ import annotations

from collections.abc import Sequence

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.sampling import linear
from autosched.tvm.topi.utils import get_const_int


def crop_and_resize(
    data: Tensor, boxes: Tensor, box_indices: Tensor, crop_size: Sequence[int],
    layout: str = "NCHW", method: str = "bilinear", extrapolation_value: float = 0.0,
    out_dtype: str | None = None,
) -> Tensor:  # fmt: skip
    """The parts of images in boxes, each resized to `crop_size`.

    A box is top, left, bottom and right, where 0 and 1 are the outer points of an image; `data`
    at `box_indices` is its image. Points outside are `extrapolation_value`. `method` is bilinear
    or nearest_neighbor, `layout` NCHW or NHWC.
    """
    if layout not in ("NCHW", "NHWC") or method not in ("bilinear", "nearest_neighbor"):
        raise ExpressionError(
            f"expected bilinear or nearest_neighbor of NCHW or NHWC, got {method} of {layout}"
        )
    axes = layout.index("H"), layout.index("W")
    extents = [data.shape[axis] for axis in axes]
    size = [get_const_int(each) for each in crop_size]
    shape = [box_indices.shape[0], *data.shape[1:]]
    for axis, count in zip(axes, size, strict=True):
        shape[axis] = te.const(count, "int64")
    kind = out_dtype or data.dtype

    def element(*i: Expr) -> Expr:
        places = []
        for side, (axis, extent) in enumerate(zip(axes, extents, strict=True)):
            low, high = boxes(i[0], side), boxes(i[0], side + 2)
            span = (extent - 1).astype(boxes.dtype)
            step = (high - low) * span / float(max(size[side] - 1, 1))
            places.append(low * span + i[axis].astype(boxes.dtype) * step)

        def read(at: list[Expr]) -> Expr:
            index = [box_indices(i[0]), *i[1:]]
            for axis, place in zip(axes, at, strict=True):
                index[axis] = place
            return data(*index)

        if method == "bilinear":
            value = linear(lambda at: read(at).astype("float32"), places, extents)
        else:
            nearest = (te.round(place).astype("int64") for place in places)
            pairs = zip(nearest, extents, strict=True)
            value = read([te.clip(at, 0, extent - 1) for at, extent in pairs]).astype("float32")
        inside = te.all(*(
            te.all(place >= 0.0, place <= (extent - 1).astype(boxes.dtype))
            for place, extent in zip(places, extents, strict=True)
        ))  # fmt: skip
        outside = te.const(extrapolation_value, value.dtype)
        return te.if_then_else(inside, value, outside).astype(kind)

    return te.compute(tuple(shape), element, name="crop_and_resize")
