"""Convolutions of uint8 images whose channels are neighbours, which oneDNN prefers.

Nothing is left for it but the convolution: no layout changes, and no number is offset. Its sums are
floats, ours integers of as many bytes.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from autosched import te
from autosched.backends.cpu.peers import Array, Contenders, Run
from autosched.ops.instance import WorkloadInstance, from_tensors


@dataclass(frozen=True, slots=True)
class ChannelsLast:
    """A convolution of an image of `size` points along both axes, padded so as to keep them."""

    size: int
    ci: int
    co: int
    k: int

    @property
    def name(self) -> str:
        return f"int8 channels last/n1/size{self.size}/ci{self.ci}/co{self.co}/k{self.k}/int32"

    @property
    def padding(self) -> list[int]:
        return [self.k // 2] * 2

    def instance(self) -> WorkloadInstance:
        """The tensors, made anew."""
        size, p, k = self.size, self.k // 2, self.k
        x = te.placeholder((1, size, size, self.ci), "uint8", name="x")
        weight = te.placeholder((self.co, self.ci, k, k), "int8", name="weight", constant=True)

        def padded_at(n: Any, i: Any, j: Any, c: Any) -> Any:
            inside = te.all(i >= p, i < size + p, j >= p, j < size + p)
            return te.if_then_else(inside, x[n, i - p, j - p, c], te.const(0, "uint8"))

        padded = te.compute((1, size + 2 * p, size + 2 * p, self.ci), padded_at, name="padded")
        r = te.reduce_axis((0, self.ci), name="r")
        a, b = te.reduce_axis((0, k), name="a"), te.reduce_axis((0, k), name="b")

        def sum_at(n: Any, i: Any, j: Any, o: Any) -> Any:
            product = padded[n, i + a, j + b, r].astype("int32") * weight[o, r, a, b].astype(
                "int32"
            )
            return te.sum(product, axis=[r, a, b])

        sums = te.compute((1, size, size, self.co), sum_at, name="sums")
        return from_tensors([x, weight, sums], "channels_last")

    def contenders(
        self, instance: WorkloadInstance, arrays: Sequence[Array], threads: int
    ) -> Contenders:
        """The libraries that have oneDNN."""
        found = Contenders()
        makers: dict[str, Callable[..., Run]] = {"torch": _torch, "openvino": _openvino}
        for name, make in makers.items():
            if find_spec(name):
                try:
                    found.runs[name] = make(self, *arrays, threads)
                except Exception as error:  # code of another library: it must not end the run
                    found.failures[name] = f"{type(error).__name__}: {error}"
        return found


def _torch(case: ChannelsLast, x: Array, weight: Array, threads: int) -> Run:
    torch = importlib.import_module("torch")
    torch.set_num_threads(threads)
    image, filters = torch.from_numpy(x).permute(0, 3, 1, 2), torch.from_numpy(weight)
    window, ones = ([1, 1], case.padding, [1, 1], 1), torch.ones(case.co)
    packed = torch.ops.onednn.qconv_prepack(filters, ones, 1.0, 0, *window, list(image.shape))
    weights = packed, ones, torch.zeros(case.co, dtype=torch.int64)
    last = 1.0, 0, torch.float32, "none", [], ""

    def run() -> object:
        with torch.inference_mode():
            operator = torch.ops.onednn.qconv2d_pointwise
            return operator(image, 1.0, 0, *weights, None, *window, *last).permute(0, 2, 3, 1)

    return run


def _openvino(case: ChannelsLast, x: Array, weight: Array, threads: int) -> Run:
    peer = importlib.import_module("autosched.backends.cpu.peers.openvino_peer")
    openvino, ops = (importlib.import_module(name) for name in ("openvino", "openvino.opset13"))
    given = ops.parameter(list(x.shape), np.uint8, name="x")
    given.output(0).set_names({"x"})
    limits = [np.float32(n) for n in (0, 255, 0, 255)]
    image = ops.fake_quantize(ops.convert(given, "f32"), *limits, 256)
    scale = np.ones((case.co, 1, 1, 1), np.float32)
    filters = ops.multiply(ops.convert(ops.constant(weight), "f32"), scale)
    first = ops.transpose(image, np.array([0, 3, 1, 2]))
    sums = ops.convolution(first, filters, [1, 1], case.padding, case.padding, [1, 1])
    model = openvino.Model([ops.transpose(sums, np.array([0, 2, 3, 1]))], [given])
    run: Run = peer.run_of(model, {"x": x}, threads)
    return run
