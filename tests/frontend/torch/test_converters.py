"""What converts the operators of ATen computes what PyTorch does, on awkward shapes."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402  after the skip

from autosched.errors import GraphError  # noqa: E402
from tests.frontend.torch.programs import (  # noqa: E402
    Function,
    check_same,
    graph_of,
    run_graph,
)


def floats(*shape: int, low: float = -2.0, high: float = 2.0) -> Any:
    return torch.rand(shape, generator=generator) * (high - low) + low


def whole(*shape: int, low: int = -9, high: int = 9, dtype: Any = torch.int64) -> Any:
    return torch.randint(low, high, shape, generator=generator).to(dtype)


def bools(*shape: int) -> Any:
    return whole(*shape, low=0, high=2) > 0


generator = torch.Generator().manual_seed(5)

ELEMENTWISE = [
    *(F.relu, F.gelu, F.silu, F.hardswish, F.hardsigmoid, F.leaky_relu, F.elu, F.selu, F.mish),
    *(F.softplus, F.logsigmoid, F.relu6, F.hardtanh, torch.sigmoid, torch.tanh, torch.exp),
    *(torch.erf, torch.expm1, torch.sin, torch.cos, torch.abs, torch.neg, torch.sign),
    *(torch.floor, torch.ceil, torch.round, torch.trunc, torch.square, torch.isnan, torch.isinf),
    *(torch.isfinite, torch.exp2, torch.atan, torch.sinh, torch.asinh, torch.reciprocal),
]
POSITIVE = [torch.log, torch.log2, torch.log10, torch.log1p, torch.sqrt, torch.rsqrt]
BINARY = [torch.add, torch.sub, torch.mul, torch.div, torch.maximum, torch.minimum, torch.atan2]
COMPARISONS = [torch.eq, torch.ne, torch.lt, torch.le, torch.gt, torch.ge]
REDUCTIONS = [torch.sum, torch.mean, torch.amax, torch.amin, torch.var, torch.std, torch.logsumexp]

image, ids = floats(2, 4, 7, 5), whole(3, 5, low=0, high=6)
weight, bias = floats(6, 2, 3, 2), floats(6)
heads = floats(2, 4, 5, 3)

CASES: list[tuple[str, Function, list[Any]]] = [
    ("copy", torch.ops.aten.copy, [floats(3, 5), whole(5)]),
    *((f.__name__, f, [floats(3, 1, 7)]) for f in ELEMENTWISE),
    *((f.__name__, f, [floats(3, 7, low=0.1)]) for f in POSITIVE),
    *((f.__name__, f, [floats(5, 1, 3), floats(7, 1, low=0.5)]) for f in BINARY),
    *((f"{f.__name__} half", f, [floats(5, 3).half(), floats(3, low=0.5)]) for f in BINARY),
    *((f.__name__, f, [whole(5, 3), whole(3)]) for f in COMPARISONS),
    *((f"{f.__name__} mixed", f, [whole(5, 3), floats(3)]) for f in COMPARISONS),
    *((f.__name__, lambda x, f=f: f(x, dim=(1, -1)), [floats(3, 5, 2)]) for f in REDUCTIONS),
    *((f.__name__, lambda x, f=f: f(x, dim=1, keepdim=True), [floats(3, 5)]) for f in REDUCTIONS),
    ("gelu tanh", lambda x: F.gelu(x, approximate="tanh"), [floats(7)]),
    ("prelu", F.prelu, [image, floats(4)]),
    ("alpha", lambda x, y: torch.add(x, y, alpha=3) - 2 * torch.rsub(x, y, alpha=2), [image] * 2),
    ("numbers", lambda x: (2 - x) / 3 + x**2 - x**0.5 + x**-1 + x**1.7, [floats(7, low=0.1)]),
    ("integers", lambda x, y: (x // y, x % y, torch.fmod(x, y), x / y, x * 2), [
        whole(5, 7), whole(7, low=1)]),
    ("div modes", lambda x, y: [torch.div(x, y, rounding_mode=m) for m in ("floor", "trunc")], [
        floats(5), floats(5, low=0.5)]),
    ("bits", lambda x, y: (x & y, x | y, x ^ y, ~x, x << 2, x >> 1), [whole(7), whole(7)]),
    ("logic", lambda x, y: (x & y, x | y, x ^ y, ~x, x.logical_and(y), x * y, x + y), [
        bools(7), bools(7)]),
    ("where", lambda c, x: torch.where(c, x, 0) + x.masked_fill(c, -1.0), [bools(3, 1), floats(5)]),
    ("clamp", lambda x: (x.clamp(-1, 1), x.clamp(min=0.5), x.clamp(max=x.mean())), [floats(9)]),
    ("casts", lambda x: [x.to(d) for d in (torch.int32, torch.bool, torch.half, torch.bfloat16)], [
        floats(9)]),
    ("bfloat16", lambda x: (x * x + 1).softmax(-1), [floats(3, 5).bfloat16()]),
    ("integer sums", lambda x: (x.sum(), x.cumsum(0), (x > 0).sum(0), x.prod(1)), [whole(4, 3)]),
    ("any", lambda x: (x.any(), x.any(1), x.all(0, keepdim=True)), [bools(3, 4)]),
    ("max", lambda x: (x.max(), x.max(1), x.min(0, keepdim=True), x.argmax(), x.argmin(1)), [
        floats(4, 5)]),
    ("topk", lambda x: (x.topk(3), x.sort(0), x.topk(2, 0, largest=False)), [floats(4, 5)]),
    ("norms", lambda x: [x.norm(p, dim=1) for p in (1, 2, 3, float("inf"))], [floats(4, 5)]),
    ("softmax", lambda x: (x.softmax(1), x.log_softmax(-1)), [floats(2, 3, 4)]),
    ("layer_norm", lambda x, w: F.layer_norm(x, (4, 3), w, w), [floats(2, 4, 3), floats(4, 3)]),
    ("batch_norm", lambda x, m, v: F.batch_norm(x, m, v, m, None), [image, floats(4), floats(
        4, low=0.5)]),
    ("group_norm", lambda x, w: F.group_norm(x, 2, w, w) + F.instance_norm(x), [image, floats(4)]),
    ("linear", F.linear, [floats(2, 3, 5), floats(4, 5), floats(4)]),
    ("matmul", lambda x, y: (x @ y, x[0] @ y[0, 0], x @ y[0, 0, :, 0]), [
        floats(3, 4, 5), floats(2, 1, 5, 6)]),
    ("addmm", lambda c, x, y: torch.addmm(c, x, y, beta=2, alpha=3) + torch.bmm(
        x[None], y[None])[0], [floats(4), floats(3, 5), floats(5, 4)]),
    ("einsum", lambda x, y: torch.einsum("bij,bkj->bik", x, y), [floats(2, 3, 5), floats(2, 4, 5)]),
    ("attention", F.scaled_dot_product_attention, [heads, floats(2, 4, 6, 3), floats(2, 4, 6, 3)]),
    ("causal attention", lambda q: F.scaled_dot_product_attention(q, q, q, is_causal=True), [
        heads]),
    ("masked attention", lambda q, m: F.scaled_dot_product_attention(q, q, q, m, scale=0.3), [
        heads, torch.ones(5, 5, dtype=torch.bool).tril()]),
    ("grouped attention", lambda q, k: F.scaled_dot_product_attention(q, k, k, enable_gqa=True), [
        heads, floats(2, 2, 6, 3)]),
    ("conv1d", lambda x, w: F.conv1d(x, w, padding="same"), [floats(2, 4, 9), floats(6, 4, 3)]),
    ("conv2d", lambda x, w, b: F.conv2d(x, w, b, (2, 1), (1, 2), groups=2), [image, weight, bias]),
    ("conv2d of one", lambda x, w: F.conv2d(x, w, dilation=2), [floats(2, 9, 8), weight]),
    ("conv_transpose", lambda x, w: F.conv_transpose2d(
        x, w, stride=3, padding=1, output_padding=2), [image, floats(4, 3, 3, 2)]),
    ("max_pool", lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True), [image]),
    ("max_pool places", lambda x: F.max_pool2d(x, (3, 2), return_indices=True), [image]),
    ("avg_pool", lambda x: (F.avg_pool2d(x, 3, 2, 1), F.avg_pool2d(
        x, 3, 1, 1, count_include_pad=False), F.avg_pool2d(x, 2, divisor_override=3)), [image]),
    ("adaptive pools", lambda x: [F.adaptive_avg_pool2d(x, n) for n in (1, (7, 1), (3, 2))], [
        image]),
    ("pools of one axis", lambda x: (F.max_pool1d(x, 2), F.avg_pool1d(x, 2), F.adaptive_avg_pool1d(
        x, 3)), [floats(2, 3, 7)]),
    ("interpolate", lambda x: (F.interpolate(x, scale_factor=2.0), F.interpolate(
        x, size=(5, 9), mode="bilinear"), F.interpolate(x, size=(9, 4), mode="bicubic"),
        F.interpolate(x, size=(5, 9), mode="bilinear", align_corners=True),
        F.interpolate(x, size=(3, 11), mode="nearest-exact")), [image]),
    ("grid_sample", lambda x, g: F.grid_sample(x, g, align_corners=False), [
        image, floats(2, 3, 4, 2, low=-1.2, high=1.2)]),
    ("views", lambda x: (x.view(8, -1), x.flatten(1), x[None], x.squeeze(), x.unflatten(
        1, (2, 2)), x.reshape(-1), x.permute(0, 2, 3, 1), x.mT, x.transpose(1, -1)), [image]),
    ("expand", lambda x: (x.expand(2, 3, 4), x.repeat(2, 1, 2), x.tile(3)), [floats(3, 1)]),
    ("cat", lambda x, y: (torch.cat([x, y], -1), torch.stack([x, x], 1)), [
        floats(2, 3), whole(2, 4)]),
    ("split", lambda x: (*x.split(3, 1), *x.chunk(3, 1), *x.unbind(0), *x.split([1, 6], 1)), [
        floats(2, 7)]),
    ("slices", lambda x: (x[:, 1:5:2], x[-1], x[..., -2], x[1:], x.flip(1), x.narrow(1, 2, 3)), [
        floats(3, 7)]),
    ("roll", lambda x: (x.roll(2, 1), x.roll(1), x.tril(-1), x.triu(1)), [floats(3, 4)]),
    ("pads", lambda x: (F.pad(x, (1, 2, 0, 1)), F.pad(x, (1, 2), value=3.0), F.pad(
        x, (1, 2, 1, 0), mode="reflect"), F.pad(x, (1, 2), mode="replicate"), F.pad(x, (
            -1, 0))), [floats(2, 3, 5)]),
    ("pixel_shuffle", lambda x: (F.pixel_shuffle(x, 2), F.pixel_unshuffle(F.pixel_shuffle(
        x, 2), 2), F.channel_shuffle(x, 2)), [image]),
    ("unfold", lambda x: (x.unfold(1, 3, 2), x.unfold(0, 2, 1)), [floats(3, 7)]),
    ("as_strided", lambda x: (x.as_strided((2, 3, 2), (1, 2, 6)), x.t().as_strided((4, 3), (
        3, 1)), x.as_strided((2, 2), (3, 2), 1), x[0, 0].as_strided((), ())), [floats(3, 4)]),
    ("embedding", F.embedding, [ids, floats(6, 4)]),
    ("gather", lambda x, i: (x.gather(1, i), x.index_select(0, i[0, :2])), [
        floats(5, 6), whole(3, 4, low=0, high=5)]),
    ("index", lambda x, i, j: (x[i], x[:, i], x[i, j], x[:, i, j], x[i, :, j], x[i[:, None], j]), [
        floats(5, 6, 7), whole(3, low=-5, high=5), whole(3, low=0, high=6)]),
    ("index_put of a mask", lambda x, m, v: (
        x.index_put((m,), torch.tensor(2.0)), x.index_put((m[:, 0],), v),
        torch.ops.aten.index_put(x, [None, m[0]], v[:1, :1]), x.index_put((m[:, 0],), v[:1])),
        [floats(3, 4), whole(3, 4) > 2, floats(4)[None].expand(1, 4)]),
    ("scatter_reduce without the element", lambda x, i, v: tuple(
        x.scatter_reduce(0, i, v, kind, include_self=False)
        for kind in ("sum", "prod", "amax", "amin")),
        [floats(3, 4), whole(5, 4) % 3, floats(5, 4)]),
    ("index_put", lambda x, i, v: (x.index_put((i,), v), x.index_put((i, i), v[:, 0], True)), [
        floats(5, 4, 3), torch.tensor([3, 0]), floats(2, 1, 3)]),
    ("scatter", lambda x, i, v: (x.scatter(1, i, v), x.scatter(0, i, 2.0), x.scatter_add(
        1, i, v)), [floats(4, 5), torch.tensor([[0, 2], [3, 1], [1, 0]]), floats(3, 3)]),
    ("scatters", lambda x, v: (x.slice_scatter(v, 1, 1, 4), x.select_scatter(v[:, 0], 1, -1)), [
        floats(4, 5), floats(4, 3)]),
    ("made", lambda x: (torch.zeros(2, 3), torch.ones_like(x), torch.full((2,), 3), x.new_ones(
        2), torch.arange(2, 9, 3), torch.arange(0, 1, 0.25), torch.eye(3), torch.linspace(
            0, 1, 5), torch.full_like(x, 2, dtype=torch.int32)), [floats(3)]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "function", "inputs"), CASES, ids=[case[0] for case in CASES])
@pytest.mark.parametrize("composite", [True, False], ids=["export", "aot"])
def test_a_converted_function_computes_the_same(
    name: str, function: Function, inputs: list[Any], composite: bool
) -> None:
    graph = graph_of(function, *inputs, composite=composite)
    is_half = any(tensor.dtype in (torch.half, torch.bfloat16) for tensor in inputs)
    check_same(run_graph(graph, inputs), function(*inputs), 1e-2 if is_half else 2e-5)


def test_what_is_not_supported_is_told_at_once() -> None:
    def function(x: Any) -> Any:
        return torch.polygamma(2, x) + torch.polygamma(1, x) + torch.linalg.eigvalsh(x)

    with pytest.raises(GraphError, match=r"got aten.polygamma.default \(2, first at polygamma\), "):
        graph_of(function, floats(3, 3))


def test_random_numbers_are_not_supported() -> None:
    with pytest.raises(GraphError, match="dropout"):
        graph_of(lambda x: F.dropout(x, 0.5, training=True), floats(3))
