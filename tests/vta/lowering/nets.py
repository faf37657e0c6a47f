"""Packed layers for the accelerator, schedules of them, and the check against NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autosched import te
from autosched.schedule import Schedule, create_schedule
from autosched.te.evaluate import evaluate
from autosched.vta import Simulator
from autosched.vta.environment import Environment
from autosched.vta.lowering import Program, lower_vta

Made = tuple[Schedule, list[te.Tensor]]


@dataclass
class Conv:
    """A convolution in blocks, with bias, shift and clip; sizes of channels are in blocks."""

    env: Environment
    channels: int = 2
    height: int = 6
    width: int = 5
    filters: int = 2
    kernel: tuple[int, int] = (3, 3)
    stride: int = 1
    pad: int = 1
    batch: int = 1
    relu: bool = True

    def __post_init__(self) -> None:
        env, pad = self.env, self.pad
        kh, kw = self.kernel
        n, ci, co, h, w = self.batch, self.channels, self.filters, self.height, self.width
        out_h = (h + 2 * pad - kh) // self.stride + 1
        out_w = (w + 2 * pad - kw) // self.stride + 1
        block = (env.BATCH, env.BLOCK_IN)
        self.data = te.placeholder((n, ci, h, w, *block), name="data", dtype="int8")
        shape = (co, ci, kh, kw, env.BLOCK_OUT, env.BLOCK_IN)
        self.weights = te.placeholder(shape, name="weights", dtype="int8")
        bias = (n, co, 1, 1, env.BATCH, env.BLOCK_OUT)
        self.bias = te.placeholder(bias, name="bias", dtype="int32")

        def padded(b: Any, c: Any, y: Any, x: Any, i: Any, j: Any) -> Any:
            inside = te.all(y >= pad, y < h + pad, x >= pad, x < w + pad)
            return te.if_then_else(inside, self.data[b, c, y - pad, x - pad, i, j], 0)

        self.padded = self.data
        if pad:
            self.padded = te.compute(
                (n, ci, h + 2 * pad, w + 2 * pad, *block), padded, name="padded"
            )
        k = [te.reduce_axis((0, e), name=s) for s, e in zip("cyxi", (ci, kh, kw, block[1]))]  # noqa: B905
        full = (n, co, out_h, out_w, env.BATCH, env.BLOCK_OUT)
        step = self.stride
        self.conv = te.compute(
            full,
            lambda b, c, y, x, i, o: te.sum(
                self.padded[b, k[0], y * step + k[1], x * step + k[2], i, k[3]].astype("int32")
                * self.weights[c, k[0], k[1], k[2], o, k[3]].astype("int32"),
                axis=k,
            ),
            name="conv",
        )
        self.biased = te.compute(
            full,
            lambda b, c, y, x, i, o: self.conv[b, c, y, x, i, o] + self.bias[b, c, 0, 0, i, o],
            name="biased",
        )
        self.shifted = te.compute(full, lambda *i: self.biased(*i) >> 6, name="shifted")
        low = 0 if self.relu else -127
        self.clipped = te.compute(
            full, lambda *i: te.max(te.min(self.shifted(*i), 127), low), name="clipped"
        )
        self.out = te.compute(full, lambda *i: self.clipped(*i).astype("int8"), name="out")

    @property
    def sums(self) -> list[te.Tensor]:
        return [self.conv, self.biased, self.shifted, self.clipped]

    @property
    def args(self) -> list[te.Tensor]:
        return [self.data, self.weights, self.bias, self.out]


@dataclass
class Plan:
    """The choices of a convolution's schedule: tiles, threads, buffers and padding.

    `order` sorts the reduction's loops and those over a tile of sums; the loop inside of
    which tensors are loaded stays outside. `fused` makes indices that are not affine.
    """

    tile_h: int = 6
    tile_w: int = 5
    tile_co: int = 1
    tile_ci: int = 1
    tile_n: int = 1
    skip_padding: bool = False
    threads_co: int = 1
    threads_h: int = 1
    double: tuple[str, ...] = ()
    order: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    tail: str = "guard"
    weights_outside: bool = False
    fused: bool = False


def schedule(c: Conv, plan: Plan) -> Made:
    """Return the schedule of `c` by `plan`, written as in TVM's VTA scripts."""
    env = c.env
    s = create_schedule(c.out)
    inputs = c.padded
    if plan.skip_padding or not c.pad:
        readers = [c.padded] if c.pad else [c.conv]
        inputs = s.cache_read(c.data, env.inp_scope, readers)
        if c.pad:
            s[c.padded].compute_inline()
    else:
        s[c.padded].set_scope(env.inp_scope)
    weights = s.cache_read(c.weights, env.wgt_scope, [c.conv])
    bias = s.cache_read(c.bias, env.acc_scope, [c.biased])
    for each in c.sums:
        s[each].set_scope(env.acc_scope)

    b, co, y, x, i, o = s[c.out].op.axis
    b_out, b_in = s[c.out].split(b, plan.tile_n, tail=plan.tail)
    co_out, co_in = s[c.out].split(co, plan.tile_co, tail=plan.tail)
    y_out, y_in = s[c.out].split(y, plan.tile_h, tail=plan.tail)
    x_out, x_in = s[c.out].split(x, plan.tile_w, tail=plan.tail)
    threads = []
    if plan.threads_co > 1:
        co_out, thread = s[c.out].split(co_out, plan.threads_co)
        threads.append(thread)
    if plan.threads_h > 1:
        y_out, thread = s[c.out].split(y_out, plan.threads_h)
        threads.append(thread)
    s[c.out].reorder(b_out, co_out, y_out, x_out, *threads, b_in, co_in, y_in, x_in, i, o)
    place = threads[-1] if threads else x_out
    for thread in threads:
        s[c.out].bind(thread, te.thread_axis("cthread"))
    for each in (*c.sums, bias):
        s[each].compute_at(s[c.out], place)

    b, co, y, x, i, o = s[c.conv].op.axis
    ci, ky, kx, k = s[c.conv].op.reduce_axis
    ci_out, ci_in = s[c.conv].split(ci, plan.tile_ci)
    loops = [b, co, y, x, ci_in, ky, kx]
    s[c.conv].reorder(ci_out, *(loops[n] for n in plan.order), i, o, k)
    s[inputs].compute_at(s[c.conv], ci_out)
    if plan.weights_outside:
        s[weights].compute_at(s[c.out], place)
    else:
        s[weights].compute_at(s[c.conv], ci_out)
    s[c.conv].tensorize(i, env.gemm)
    stages = {"inp": inputs, "wgt": weights, "acc": c.conv, "bias": bias}
    for name in plan.double:
        s[stages[name]].double_buffer()
    for loaded in (inputs, weights, bias):
        s[loaded].pragma(s[loaded].op.axis[0], env.dma_copy)
    for each in c.sums[1:]:
        s[each].pragma(s[each].op.axis[0], env.alu)
    s[c.out].pragma(b_in, env.dma_copy)
    if plan.fused:
        s[c.clipped].fuse(*c.clipped.op.axis[1:4])
        s[c.out].fuse(y_in, x_in)
    return s, c.args


def inputs_of(args: list[te.Tensor], seed: int = 0) -> dict[te.Tensor, np.ndarray]:
    """Random arrays for the placeholders among `args`."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for tensor in args:
        if isinstance(tensor.op, te.PlaceholderOp):
            shape = tuple(int(extent.value) for extent in tensor.shape)
            low, high = (-128, 128) if str(tensor.dtype) == "int8" else (-5000, 5000)
            arrays[tensor] = rng.integers(low, high, shape).astype(str(tensor.dtype))
    return arrays


def check(s: Schedule, args: list[te.Tensor], env: Environment, seed: int = 0) -> Program:
    """Return the program of `s`; check that its outputs equal NumPy's and that it is portable."""
    program = lower_vta(s, args, env.config)
    arrays = inputs_of(args, seed)
    outputs = [tensor for tensor in args if tensor not in arrays]
    dram = program.image(list(arrays.values()))
    Simulator(env.config, strict=True).run(program.instructions, dram)
    expected = evaluate(outputs, arrays)
    for got, want in zip(program.outputs(dram), expected, strict=True):
        np.testing.assert_array_equal(got, want)
    return program
