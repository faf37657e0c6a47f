"""Recurrent layers, attention and counts of tokens."""

from __future__ import annotations

from itertools import pairwise

from autosched.errors import GraphError
from autosched.frontend.onnx.node import OnnxNode, converts
from autosched.frontend.onnx.reading import dtype_of
from autosched.graph.graph import Value
from autosched.graph.operators import movement as mv
from autosched.graph.operators import recurrent as rec
from autosched.graph.operators.activation import Silu
from autosched.graph.operators.attention import Attention, LinearAttention, TensorScatter
from autosched.graph.operators.convolution import Conv
from autosched.graph.operators.ngrams import CountNgrams


@converts("RNN", "GRU", "LSTM")
def _recurrent(node: OnnxNode) -> list[Value]:
    kind = {"RNN": rec.Rnn, "GRU": rec.Gru, "LSTM": rec.Lstm}[node.kind]
    own = {"GRU": ("reset_after", "linear_before_reset"), "LSTM": ("coupled", "input_forget")}
    more = {}
    if node.kind in own:
        ours, theirs = own[node.kind]
        more[ours] = bool(node.attribute(theirs, 0))
    operator = kind(
        direction=node.attribute("direction", "forward"),
        activations=tuple(name.lower() for name in node.attribute("activations", ())),
        alphas=node.attribute("activation_alpha", ()),
        betas=node.attribute("activation_beta", ()),
        clip=node.attribute("clip", 0.0),
        batch_first=bool(node.attribute("layout", 0)),
        **more,
    )
    return list(node.emit_all(operator, *node.inputs, count=1 + operator.states))


_SHOWN = ("scaled", "capped", "masked", "weights")


@converts("Attention")
def _attention(node: OnnxNode) -> list[Value]:
    wide = node.attribute("softmax_precision", 0)
    operator = Attention(
        heads=node.attribute("q_num_heads", 0),
        key_heads=node.attribute("kv_num_heads", 0),
        scale=node.attribute("scale"),
        causal=bool(node.attribute("is_causal", 0)),
        cap=node.attribute("softcap", 0.0),
        left=node.attribute("left_window_size", -1),
        right=node.attribute("right_window_size", -1),
        softmax_dtype=dtype_of(wide, f"the softmax of {node.name}") if wide else None,
        shown=_SHOWN[node.attribute("qk_matmul_output_mode", 0)],
    )
    return list(node.emit_all(operator, *node.inputs, count=4))


@converts("LinearAttention")
def _linear_attention(node: OnnxNode) -> list[Value]:
    operator = LinearAttention(
        node.attribute("q_num_heads"), node.attribute("kv_num_heads"), node.attribute("scale", 0.0)
    )
    return list(node.emit_all(operator, *node.inputs, count=2))


@converts("TensorScatter")
def _tensor_scatter(node: OnnxNode) -> Value:
    circular = node.attribute("mode", "linear") == "circular"
    return node.emit(TensorScatter(node.attribute("axis", -2), circular), *node.inputs)


@converts("CausalConvWithState")
def _causal_conv(node: OnnxNode) -> list[Value]:
    """A convolution of each channel, of what came before (or zeros) and the input."""
    x, weight, past = node.needed(0), node.needed(1), node.input(3)
    if weight.type is None or weight.type.rank != 3 or weight.type.names:
        raise GraphError(f"expected weights of a known shape for {node.kind} at {node.name}")
    channels, _, taps = weight.type.sizes
    if past is None:
        before = node.constant([0, 0, taps - 1, 0, 0, 0])
        longer = node.emit(mv.Pad(), x, before)
    else:
        longer = node.emit(mv.Concat(2), past, x)
    result = node.emit(Conv(groups=channels), longer, weight, node.input(2))
    if node.attribute("activation", "none") != "none":
        result = node.emit(Silu(), result)
    first, end = (1 - taps, 1 << 62) if taps > 1 else (0, 0)
    limits = (node.constant([limit]) for limit in (first, end, 2))
    return [result, node.emit(mv.Slice(), longer, *limits)]


@converts("TfIdfVectorizer")
def _count_ngrams(node: OnnxNode) -> Value:
    """The file has all grams of one token, then those of two, and where each size begins."""
    if node.has("pool_strings"):
        raise GraphError(f"expected grams of numbers for {node.kind} at {node.name}, got strings")
    pool, starts = node.attribute("pool_int64s", ()), node.attribute("ngram_counts")
    grams = [
        pool[at : at + size]
        for size, (first, end) in enumerate(pairwise((*starts, len(pool))), start=1)
        for at in range(first, end, size)
    ]
    sizes = range(node.attribute("min_gram_length"), node.attribute("max_gram_length") + 1)
    counted = [
        (gram, place)
        for gram, place in zip(grams, node.attribute("ngram_indexes"), strict=True)
        if len(gram) in sizes
    ]
    shown = {"TF": "count", "IDF": "presence", "TFIDF": "product"}[node.attribute("mode")]
    operator = CountNgrams(
        tuple(gram for gram, _ in counted),
        tuple(place for _, place in counted),
        node.attribute("weights", ()),
        node.attribute("max_skip_count"),
        shown,
    )
    return node.emit(operator, node.needed(0))
