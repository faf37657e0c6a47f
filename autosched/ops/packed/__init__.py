"""Packed forms of workloads: what an accelerator computes, from and to a user's arrays.

    form = packed(resolve("conv2d_int8", {...}), VTAConfig())
    (result,) = form.unpack(evaluate(form.outputs, ...form.pack([data, weight])...))

A workload is registered with the function that makes its packed form; an expression without
one is taken to be in packed layout already.
"""

from autosched.ops.packed.conv import avg_pool2d, conv2d, depthwise_conv2d
from autosched.ops.packed.dense import dense, matmul
from autosched.ops.packed.elementwise import add, multiply, relu, requantize
from autosched.ops.packed.form import PackedWorkload
from autosched.ops.packed.max_pool import max_pool2d
from autosched.ops.packed.transpose import conv2d_transpose

__all__ = [
    "PackedWorkload",
    "add",
    "avg_pool2d",
    "conv2d",
    "conv2d_transpose",
    "dense",
    "depthwise_conv2d",
    "matmul",
    "max_pool2d",
    "multiply",
    "relu",
    "requantize",
]
