"""Operators of PyTorch that it does not take apart, spelled out in others.

Each function has the signature of its operator, and is traced as a part of the program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autosched.frontend.torch.tensors import torch_package

if TYPE_CHECKING:
    import torch

SUM, MEAN = 0, 1
"""How an embedding bag sums up its rows, by number; 2 is the largest."""

PADDING_MASK = 1
"""The kind of a mask of attention that has a row for each batch, by number."""


def spelled() -> dict[Any, Callable[..., Any]]:
    """What takes each operator apart."""
    aten = torch_package().ops.aten
    return {
        aten._embedding_bag.default: embedding_bag,
        aten._embedding_bag_forward_only.default: embedding_bag,
        aten._transformer_encoder_layer_fwd.default: encoder_layer,
        aten._native_multi_head_attention.default: self_attention,
        aten._native_batch_norm_legit.no_stats: batch_norm,
        aten._cdist_forward.default: distances,
        aten.median.dim: median,
        aten.diagonal.default: diagonal,
        aten.hypot.default: hypotenuse,
        aten.bucketize.Tensor: buckets,
        aten.searchsorted.Tensor: places,
        aten.histc.default: histogram,
    }


def embedding_bag(
    weight: torch.Tensor,
    indices: torch.Tensor,
    offsets: torch.Tensor,
    scale_grad_by_freq: bool = False,
    mode: int = SUM,
    sparse: bool = False,
    per_sample_weights: torch.Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int = -1,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """The rows of `weight` at `indices`, summed up by bags, which begin at `offsets`."""
    torch = torch_package()
    count, length = offsets.shape[0] - include_last_offset, indices.shape[0]
    starts = indices.new_zeros(length + 1)
    ones = torch.ones_like(offsets[:count], dtype=indices.dtype)
    bags = starts.index_add(0, offsets[:count], ones)[:length].cumsum(0) - 1
    counts = indices != padding_idx
    rows = torch.nn.functional.embedding(indices, weight)
    sizes = indices.new_zeros(count).index_add(0, bags, counts.to(indices.dtype))
    if mode in (SUM, MEAN):
        factors = counts.to(weight.dtype)
        if per_sample_weights is not None:
            factors = factors * per_sample_weights
        found = weight.new_zeros(count, weight.shape[1]).index_add(0, bags, rows * factors[:, None])
        if mode == MEAN:
            found = found / sizes.clamp(min=1)[:, None]
    else:
        lowest = weight.new_full((count, weight.shape[1]), -torch.inf)
        rows = torch.where(counts[:, None], rows, -torch.inf)
        places = bags[:, None].expand(-1, weight.shape[1])
        found = lowest.scatter_reduce(0, places, rows, "amax")
        found = torch.where(sizes[:, None] > 0, found, 0.0)
    return found, bags, sizes, torch.zeros_like(sizes)


def encoder_layer(
    src: torch.Tensor,
    embed_dim: int,
    num_heads: int,
    qkv_weight: torch.Tensor,
    qkv_bias: torch.Tensor,
    proj_weight: torch.Tensor,
    proj_bias: torch.Tensor,
    use_gelu: bool,
    norm_first: bool,
    eps: float,
    norm_weight_1: torch.Tensor,
    norm_bias_1: torch.Tensor,
    norm_weight_2: torch.Tensor,
    norm_bias_2: torch.Tensor,
    ffn_weight_1: torch.Tensor,
    ffn_bias_1: torch.Tensor,
    ffn_weight_2: torch.Tensor,
    ffn_bias_2: torch.Tensor,
    mask: torch.Tensor | None = None,
    mask_type: int | None = None,
) -> torch.Tensor:
    """A whole layer of `nn.TransformerEncoder`."""
    functional = torch_package().nn.functional
    activation = functional.gelu if use_gelu else functional.relu

    def attended(x: Any) -> Any:
        weights = qkv_weight, qkv_bias, proj_weight, proj_bias
        return self_attention(
            x, x, x, embed_dim, num_heads, *weights, mask, False, True, mask_type
        )[0]

    def fed_forward(x: Any) -> Any:
        inner = activation(functional.linear(x, ffn_weight_1, ffn_bias_1))
        return functional.linear(inner, ffn_weight_2, ffn_bias_2)

    def first_norm(x: Any) -> Any:
        return functional.layer_norm(x, [embed_dim], norm_weight_1, norm_bias_1, eps)

    def second_norm(x: Any) -> Any:
        return functional.layer_norm(x, [embed_dim], norm_weight_2, norm_bias_2, eps)

    if norm_first:
        src = src + attended(first_norm(src))
        return src + fed_forward(second_norm(src))
    src = first_norm(src + attended(src))
    return second_norm(src + fed_forward(src))


def self_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    embed_dim: int,
    num_head: int,
    qkv_weight: torch.Tensor,
    qkv_bias: torch.Tensor,
    proj_weight: torch.Tensor,
    proj_bias: torch.Tensor,
    mask: torch.Tensor | None = None,
    need_weights: bool = True,
    average_attn_weights: bool = True,
    mask_type: int | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The attention of `nn.MultiheadAttention`, with the batch first, and its weights."""
    torch = torch_package()
    linear = torch.nn.functional.linear
    given = zip((query, key, value), qkv_weight.chunk(3), qkv_bias.chunk(3), strict=True)
    heads = [linear(x, w, b).unflatten(-1, (num_head, -1)).transpose(1, 2) for x, w, b in given]
    scores = heads[0] @ heads[1].transpose(-2, -1) * (embed_dim // num_head) ** -0.5
    if mask is not None:
        if mask_type == PADDING_MASK:
            mask = mask[:, None, None, :]
        is_bool = mask.dtype == torch.bool
        scores = scores.masked_fill(mask, -torch.inf) if is_bool else scores + mask
    weights = scores.softmax(-1)
    found = linear((weights @ heads[2]).transpose(1, 2).flatten(2), proj_weight, proj_bias)
    if not need_weights:
        return found, query.new_empty(0)
    return found, weights.mean(1) if average_attn_weights else weights


def batch_norm(
    input: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A batch norm by the statistics of its own input, and these: the mean and the inverse."""
    axes = [axis for axis in range(input.ndim) if axis != 1]
    along = [1, -1] + [1] * (input.ndim - 2)
    mean = input.mean(axes, keepdim=True)
    inverse = (input.var(axes, unbiased=False, keepdim=True) + eps).rsqrt()
    found = (input - mean) * inverse
    if weight is not None:
        found = found * weight.view(along)
    if bias is not None:
        found = found + bias.view(along)
    return found, mean.flatten(), inverse.flatten()


def distances(
    x1: torch.Tensor, x2: torch.Tensor, p: float, compute_mode: int | None
) -> torch.Tensor:
    """The distance of each row of `x1` and each of `x2` by the norm `p`."""
    apart = (x1[..., :, None, :] - x2[..., None, :, :]).abs()
    if p == float("inf"):
        return apart.amax(-1)
    if p == 0:
        return (apart != 0).to(x1.dtype).sum(-1)
    return apart.sum(-1) if p == 1 else apart.pow(p).sum(-1).pow(1 / p)


def median(
    self: torch.Tensor, dim: int, keepdim: bool = False
) -> tuple[torch.Tensor, torch.Tensor]:
    """The lower median along an axis, and its index."""
    values, indices = self.sort(dim=dim, stable=True)
    place = (self.shape[dim] - 1) // 2
    found: Sequence[Any] = [sorted_.narrow(dim, place, 1) for sorted_ in (values, indices)]
    kept, where = found if keepdim else [one.squeeze(dim) for one in found]
    return kept, where


def diagonal(self: torch.Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> torch.Tensor:
    """The elements of two axes that are `offset` apart, as the last axis."""
    torch = torch_package()
    moved = self.movedim((dim1, dim2), (-2, -1))
    rows, columns = moved.shape[-2:]
    count = max(0, min(rows - max(-offset, 0), columns - max(offset, 0)))
    first = max(-offset, 0) * columns + max(offset, 0)
    places = first + torch.arange(count) * (columns + 1)
    return moved.flatten(-2).index_select(-1, places)


def hypotenuse(self: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """The root of the sum of two squares."""
    return (self * self + other * other).sqrt()


def buckets(
    self: torch.Tensor, boundaries: torch.Tensor, *, out_int32: bool = False, right: bool = False
) -> torch.Tensor:
    """Between which boundaries each element lies: how many of these are before it."""
    return places(boundaries, self, out_int32=out_int32, right=right)


def places(
    sorted_sequence: torch.Tensor,
    self: torch.Tensor,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: torch.Tensor | None = None,
) -> torch.Tensor:
    """How many elements of each sorted row are below an element, or not above it with `right`."""
    torch = torch_package()
    if sorter is not None:
        sorted_sequence = sorted_sequence.gather(-1, sorter)
    element, row = self[..., None], sorted_sequence[..., None, :]
    if sorted_sequence.ndim == 1:
        row = sorted_sequence
    is_before = row <= element if right or side == "right" else row < element
    return is_before.sum(-1, dtype=torch.int32 if out_int32 else torch.int64)


def histogram(self: torch.Tensor, bins: int = 100, min: float = 0, max: float = 0) -> torch.Tensor:
    """How many elements are in each of the equal parts of the numbers from `min` to `max`."""
    torch = torch_package()
    if min == max:  # the limits are those of the elements
        return NotImplemented
    x = self.flatten()
    inside = (x >= min) & (x <= max)
    bin_of = ((x - min) * (bins / (max - min))).floor().clamp(max=bins - 1)
    is_in = (bin_of[:, None] == torch.arange(bins)) & inside[:, None]
    return is_in.sum(0).to(self.dtype)
