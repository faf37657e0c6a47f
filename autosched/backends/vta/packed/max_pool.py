"""Max pooling in packed layout: the ALU's MAX over bytes that the GEMM core has widened."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched import te
from autosched.backends.vta.packed.conv import Window, sides
from autosched.backends.vta.packed.elementwise import (
    identity,
    image_shape,
    images_back,
    ones,
    packed_image,
    widened,
)
from autosched.backends.vta.packed.finish import stored
from autosched.backends.vta.packed.form import PackedWorkload
from autosched.ir.expr import Expr
from autosched.ops.instance import WorkloadInstance
from autosched.ops.requantize import LEAST
from autosched.vta.config import VTAConfig

Array = np.ndarray


def max_pool2d(instance: WorkloadInstance, config: VTAConfig) -> PackedWorkload:
    """Return the packed form of `max_pool2d_int8`.

    Transfers pad with zeros alone, so the least value comes padded from the host.
    """
    p = instance.params
    k, stride, before = p["k"], p["stride"], p["padding"]
    window = Window((k, k), sides(instance.outputs[0]), (stride, stride))
    n, c, _, _, *block = image_shape(instance, config)
    x = te.placeholder((n, c, *window.needed, *block), "int8", name="data")
    eye = identity(config)
    wide = widened(x, eye)
    ry, rx = te.reduce_axis((0, k), name="ry"), te.reduce_axis((0, k), name="rx")

    def greatest(n: Expr, c: Expr, y: Expr, z: Expr, b: Expr, o: Expr) -> Expr:
        value = wide(n, c, y * stride + ry, z * stride + rx, b, o)
        return te.max(value, axis=[ry, rx], init=LEAST)

    pool = te.compute((n, c, *window.output, *block), greatest, name="pool")

    def pack_all(arrays: Sequence[Array]) -> list[Array]:
        (image,) = arrays
        rows, columns = window.needed
        whole = np.full((*image.shape[:2], rows, columns), LEAST, np.int8)
        inside = image[:, :, : rows - before, : columns - before]
        h, w = inside.shape[2:]
        whole[:, :, before : before + h, before : before + w] = inside
        return [packed_image(whole, config), ones(config)]

    return PackedWorkload(
        instance, config, (x, eye, stored(pool)), pack_all, images_back(instance, config)
    )
