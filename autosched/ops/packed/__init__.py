"""Packed forms of workloads: what an accelerator computes, from and to a user's arrays.

    form = packed_form(resolve("dense_int8", {"m": 4, "n": 30, "k": 50}), VTAConfig())
    program = lower_vta(default_schedule(form.tensors, form.config), form.tensors, form.config)
    (result,) = form.unpack(program.run(form.pack([data, weight])))

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
