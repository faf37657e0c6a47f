"""Products of matrices in packed layout.

data     (m / batch, k / block, batch, block)
weight   (n / block, k / block, block, block)
bias     (n / block, batch, block)
out      (m / batch, n / block, batch, block)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched import te
from autosched.backends.vta.packed.finish import finish
from autosched.backends.vta.packed.form import PackedWorkload
from autosched.backends.vta.packed.layout import blocks, extents, pack, unpack
from autosched.ir.expr import Expr
from autosched.ops.instance import WorkloadInstance
from autosched.ops.workloads import given
from autosched.te.tensor import Tensor
from autosched.vta.config import VTAConfig

Array = np.ndarray


def dense(instance: WorkloadInstance, config: VTAConfig) -> PackedWorkload:
    """Return the packed form of `dense_int8`."""
    return _product(instance, config, transposed=False)


def matmul(instance: WorkloadInstance, config: VTAConfig) -> PackedWorkload:
    """Return the packed form of `matmul_int8`, with the right operand transposed as weights."""
    return _product(instance, config, transposed=True)


def _product(instance: WorkloadInstance, config: VTAConfig, transposed: bool) -> PackedWorkload:
    p = instance.params
    m, k = extents(instance.inputs[0])
    n = extents(instance.outputs[0])[1]
    rows, columns = config.batch, config.block_out
    depth = blocks(k, config.block_in)
    shape = (blocks(m, rows), blocks(n, columns))
    data = te.placeholder((shape[0], depth, rows, config.block_in), "int8", name="data")
    weight = te.placeholder(
        (shape[1], depth, columns, config.block_in), "int8", name="weight", constant=not transposed
    )
    bias = None
    if p.get("bias"):
        bias = te.placeholder((shape[1], rows, columns), "int32", name="bias", constant=True)
    sums = _sums(data, weight, (*shape, rows, columns))
    out = finish(sums, p["shift"], p["relu"], bias)

    def pack_all(arrays: Sequence[Array]) -> list[Array]:
        x, y, *rest = arrays
        return [
            pack(x, {0: rows, 1: config.block_in}),
            pack(y.T if transposed else y, {0: columns, 1: config.block_in}),
            *(np.repeat(pack(each, {0: columns})[:, None], rows, axis=1) for each in rest),
        ]

    def unpack_all(arrays: Sequence[Array]) -> list[Array]:
        return [unpack(array, {0: rows, 1: columns}, (m, n)) for array in arrays]

    tensors = tuple(given(data, weight, bias, out))
    return PackedWorkload(instance, config, tensors, pack_all, unpack_all)


def _sums(data: Tensor, weight: Tensor, shape: tuple[int, ...]) -> Tensor:
    rk = te.reduce_axis((0, data.shape[1]), name="rk")
    k = te.reduce_axis((0, data.shape[-1]), name="k")

    def product(i: Expr, j: Expr, b: Expr, o: Expr) -> Expr:
        left, right = data(i, rk, b, k), weight(j, rk, o, k)
        return te.sum(left.astype("int32") * right.astype("int32"), axis=[rk, k])

    return te.compute(shape, product, name="dense")
