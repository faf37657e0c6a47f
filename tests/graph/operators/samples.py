"""Uses of every operator, on awkward shapes: primes, ones, sizes smaller than a window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autosched.graph.operators import OPERATORS, Operator
from autosched.ir.dtype import dtype

Array = np.ndarray
rng = np.random.default_rng(7)


@dataclass(frozen=True)
class Sample:
    """An operator and arrays for its inputs; None is one that is left out."""

    operator: Operator
    inputs: tuple[Array | None, ...]

    def __str__(self) -> str:
        shapes = ",".join("-" if x is None else "x".join(map(str, x.shape)) for x in self.inputs)
        changed = ",".join(f"{name}={value}" for name, value in self.operator.changed.items())
        return f"{self.operator.name}({changed}) {shapes}"


def floats(*shape: int, low: float = -2.0, high: float = 2.0) -> Array:
    return rng.uniform(low, high, shape).astype(np.float32)


def whole(*shape: int, low: int = -9, high: int = 9, kind: str = "int32") -> Array:
    return rng.integers(low, high, shape).astype(kind)


def axes(*values: int) -> Array:
    return np.array(values, np.int64)


def use(name: str, *inputs: Array | None, **attributes: object) -> Sample:
    return Sample(OPERATORS[name](**attributes), inputs)


UNARY = (
    *(
        "abs",
        "neg",
        "sign",
        "ceil",
        "floor",
        "round",
        "reciprocal",
        "exp",
        "expm1",
        "sin",
        "cos",
        "tan",
    ),
    *("sinh", "cosh", "tanh", "asinh", "erf", "isnan", "relu", "sigmoid", "softplus", "softsign"),
    *("mish", "leaky_relu", "elu", "celu", "selu", "gelu", "silu", "hard_sigmoid", "hard_swish"),
    *("thresholded_relu", "shrink", "identity", "planes", "softmax", "log_softmax", "hardmax"),
    "lp_normalize",
)
BINARY = ["add", "sub", "mul", "div", "maximum", "minimum", "less", "less_equal", "equal"]
OF_BITS = ["bitwise_and", "bitwise_or", "bitwise_xor"]
REDUCTIONS = (
    *("sum", "mean", "prod", "max", "min", "sum_abs", "sum_square", "l2_norm", "log_sum_exp"),
)

SAMPLES = [
    *(use(name, floats(3, 1, 7)) for name in UNARY),
    *(use(name, floats(3, 7, low=0.1)) for name in ("sqrt", "rsqrt", "log", "log1p", "acosh")),
    *(use(name, floats(3, 7, low=-0.9, high=0.9)) for name in ("atanh", "asin", "acos", "atan")),
    *(use(name, floats(5, 1, 3), floats(7, 1)) for name in (*BINARY, "prelu")),
    *(use(name, whole(5, 3), whole(3, low=1)) for name in (*BINARY, "mod", "fmod", *OF_BITS)),
    use("mod", floats(7), floats(7, low=0.5)),
    use("atan2", floats(3, 7), floats(7)),
    *(use(name, whole(5, kind="bool"), whole(3, 5, kind="bool")) for name in ("and", "or", "xor")),
    *(
        use(name, whole(7, low=0, high=99, kind="uint8"), whole(7, low=0, high=9, kind="uint8"))
        for name in ("shift_left", "shift_right")
    ),
    use("not", whole(2, 3, kind="bool")),
    use("bitwise_not", whole(5)),
    use("gelu", floats(11), approximate=True),
    use("silu", floats(11), alpha=1.7),
    use("pow", floats(3, 5, low=0.1), floats(5)),
    use("pow", whole(5, low=1), whole(5, low=0, high=4)),
    use("is_inf", np.array([1, np.inf, -np.inf, np.nan], np.float32), negative=False),
    use("where", whole(3, 1, kind="bool"), floats(1, 5), floats(3, 5)),
    use("clip", floats(7), np.float32(-1), np.float32(1)),
    use("clip", floats(7), None, np.array(0.5, np.float32)),
    use("cast", floats(7, high=300), to=dtype("int8")),
    use("cast", whole(7), to=dtype("float16")),
    use("cast_like", whole(7), floats(1)),
    use("bit_cast", floats(7), to=dtype("int32")),
    *(use(name, floats(3, 5, 2), axes(1)) for name in REDUCTIONS),
    *(use(name, floats(3, 5, 2), axes(-1, 0), keepdims=False) for name in REDUCTIONS),
    *(use(name, floats(3, 5)) for name in REDUCTIONS),
    use("sum", whole(3, 5), none_is_all=False),
    use("mean", whole(3, 5)),
    use("log_sum", floats(3, 5, low=0.1), axes(0)),
    *(
        use(name, whole(3, 5, high=3), axis=-1, last=last, keepdims=last)
        for name in ("argmax", "argmin")
        for last in (False, True)
    ),
    use("matmul", floats(3, 7), floats(7, 5)),
    use("matmul", floats(2, 1, 3, 7), floats(4, 7, 1)),
    use("matmul", floats(7), floats(7, 5)),
    use("matmul", floats(2, 3, 7), floats(7)),
    use("matmul", floats(7, 3), floats(5, 7), transpose_a=True, transpose_b=True),
    use("matmul", whole(3, 7, kind="int8"), whole(7, 2, kind="int8"), out_dtype=dtype("int32")),
    use("einsum", floats(3, 5), floats(5, 2), equation="ij, jk -> ki"),
    use("einsum", floats(3, 5), equation="ij->j"),
    use("einsum", floats(3, 1, 2, 5), floats(4, 5, 2), equation="...ij, ...jk -> ...ik"),
    use("einsum", floats(2, 3, 3), equation="...ii"),
    use("det", floats(2, 3, 3)),
    use("conv", floats(1, 3, 5, 7), floats(2, 3, 3, 2), floats(2)),
    use(
        "conv",
        floats(2, 4, 9),
        floats(6, 2, 3),
        strides=(2,),
        pads=(2, 1),
        dilations=(2,),
        groups=2,
    ),
    use("conv", floats(1, 1, 5, 4), floats(1, 1, 3, 3), strides=(2, 2), auto_pad="same_upper"),
    use(
        "conv",
        whole(1, 3, 5, 4, low=0, kind="uint8"),
        whole(5, 3, 3, 3, kind="int8"),
        pads=(1, 1, 1, 0),
        filler=3,
        out_dtype=dtype("int32"),
    ),
    use("conv", floats(1, 1, 3, 2, 3), floats(2, 1, 2, 2, 2), auto_pad="same_lower"),
    use("conv_transpose", floats(1, 4, 3, 4), floats(4, 2, 3, 2), floats(2), strides=(2, 1)),
    use(
        "conv_transpose",
        floats(2, 4, 5),
        floats(4, 1, 3),
        strides=(3,),
        pads=(1, 0),
        output_padding=(1,),
        groups=2,
    ),
    use("conv_transpose", floats(1, 1, 3), floats(1, 1, 3), strides=(2,), auto_pad="same_upper"),
    use("max_pool", floats(1, 2, 5, 7), kernel=(3, 2), strides=(2, 2), pads=(1, 0, 1, 1)),
    use("max_pool", whole(1, 2, 6, kind="int8"), kernel=(3,), strides=(2,), ceil=True),
    use("average_pool", floats(1, 2, 5, 7), kernel=(3, 2), strides=(2, 2), pads=(1, 1, 1, 0)),
    use("average_pool", floats(1, 2, 2), kernel=(2,), dilations=(2,), pads=(1, 3)),
    use("average_pool", floats(1, 2, 7), kernel=(3,), pads=(1, 1), count_pad=True),
    use("lp_pool", floats(1, 2, 7), kernel=(3,), strides=(2,)),
    use("lp_pool", floats(1, 2, 7), kernel=(3,), p=3),
    use("global_average_pool", floats(2, 3, 5, 1)),
    use("global_max_pool", floats(2, 3, 5)),
    use("softmax", floats(3, 5, 2), axis=1),
    use("log_softmax", floats(3, 5), axis=0),
    use("lp_normalize", floats(3, 5), p=1, axis=0),
    use("batch_norm", floats(2, 3, 5), floats(3), floats(3), floats(3), floats(3, low=0.1)),
    use("layer_norm", floats(2, 3, 5), floats(5), floats(5)),
    use("layer_norm", floats(2, 3, 5), floats(3, 5), axis=1),
    use("rms_norm", floats(2, 3, 5), floats(5)),
    use("group_norm", floats(2, 6, 5), floats(6), floats(6), groups=3),
    use("group_norm", floats(2, 3, 1, 5), floats(3), floats(3)),
    use("lrn", floats(1, 7, 2, 3), size=3),
    use("reshape", floats(2, 3, 4), axes(0, -1)),
    use("reshape", floats(6, 5), axes(2, 15)),
    use("reshape_like", floats(6), floats(2, 3)),
    use("flatten", floats(2, 3, 5), axis=2),
    use("squeeze", floats(2, 1, 3, 1), axes(-1)),
    use("squeeze", floats(2, 1, 3, 1)),
    use("unsqueeze", floats(2, 3), axes(0, -1)),
    use("transpose", floats(2, 3, 5), permutation=(1, 2, 0)),
    use("transpose", floats(2, 3, 5)),
    use("expand", floats(3, 1), axes(2, 1, 5)),
    use("tile", floats(2, 3), axes(2, 1)),
    use("slice", floats(7, 5), axes(1, -1), axes(6, -6), axes(0, 1), axes(2, -1)),
    use("slice", floats(7, 5), axes(2), axes(1 << 40)),
    use("concat", floats(2, 3), floats(2, 1), floats(2, 5), axis=-1),
    use("split", floats(7, 2), axes(2, 5), axis=0),
    use("split", floats(3, 7), axis=1, parts=3),
    use("pad", floats(3, 5), axes(1, 0, 0, 2), np.float32(7)),
    use("pad", floats(5), axes(-1, 2), mode="edge"),
    use("pad", floats(3, 5), axes(2, 3), None, axes(1), mode="reflect"),
    *(
        use("pad", floats(5), axes(*ends), mode=mode)
        for ends in ((2, -2), (-2, 3))
        for mode in ("edge", "reflect")
    ),
    use("pad", floats(5), axes(2, 1), mode="wrap"),
    use("depth_to_space", floats(1, 8, 2, 3)),
    use("depth_to_space", floats(1, 8, 2, 3), channels_first=True),
    use("space_to_depth", floats(1, 2, 4, 6)),
    use("trilu", floats(3, 5), np.array(1), upper=True),
    use("trilu", floats(5, 3), upper=False),
    use("gather", floats(3, 5), whole(2, 2, low=-5, high=5, kind="int64"), axis=1),
    use("gather_elements", floats(3, 5), whole(2, 5, low=-3, high=3, kind="int64")),
    use("gather_nd", floats(3, 5, 2), whole(4, 2, low=-3, high=3, kind="int64")),
    use("gather_nd", floats(2, 5, 3), whole(2, 1, low=0, high=5, kind="int64"), batch=1),
    use("scatter_elements", floats(3, 5), axes(0, 2, 1).reshape(1, 3), floats(1, 3), axis=1),
    use("scatter_nd", floats(3, 5), axes(2, 2).reshape(2, 1), floats(2, 5), reduction="add"),
    use("one_hot", whole(3, low=-4, high=4), axes(4), floats(2)),
    use("one_hot", whole(3, 2, low=0, high=4), axes(4), whole(2), axis=0),
    *(
        use(name, floats(3, 5), axes(1), exclusive=exclusive, reverse=not exclusive)
        for name in ("cumsum", "cumprod")
        for exclusive in (False, True)
    ),
    use("topk", floats(3, 7), axes(2)),
    use("topk", whole(7, 3, high=3), axes(3), axis=0, largest=False),
    use("nonzero", whole(3, 5, low=0, high=2)),
    use("compress", floats(3, 5), np.array([False, True, True]), axis=0),
    use("unique", whole(11, high=0)),
    use("unique", whole(11, high=0), sorted=False),
    use("reverse_sequence", floats(5, 3), axes(5, 1, 2)),
    use("resize", floats(1, 1, 3, 5), None, np.array([1, 1, 2, 2], np.float32)),
    use("resize", floats(1, 1, 5, 4), None, None, axes(1, 1, 3, 7), mode="linear"),
    use("resize", floats(7), None, None, axes(3), mode="cubic", antialias=True),
    *(
        use("grid_sample", floats(2, 3, 5, 4), floats(2, 3, 2, 2), mode=mode, padding=padding)
        for mode in ("nearest", "linear", "cubic")
        for padding in ("zeros", "border", "reflection")
    ),
    use("grid_sample", floats(1, 1, 3, 2, 4), floats(1, 2, 2, 3, 3), corners=True),
    use("grid_sample", floats(1, 1, 1), floats(1, 3, 1), corners=True, padding="reflection"),
    use(
        "deform_conv",
        floats(2, 4, 5, 6),
        floats(2, 2, 3, 2),
        floats(2, 24, 3, 3),
        floats(2),
        floats(2, 12, 3, 3),
        strides=(2, 2),
        pads=(1, 0, 1, 0),
        groups=2,
        sets=2,
    ),
    use(
        "roi_align", floats(2, 3, 7, 5), floats(4, 4, low=0, high=6), axes(0, 1, 1, 0), size=(2, 3)
    ),
    use(
        "roi_align",
        floats(1, 3, 7, 5),
        floats(2, 4, low=-2, high=9),
        axes(0, 0),
        samples=2,
        half_pixel=False,
        largest=True,
    ),
    use("non_max_suppression", floats(2, 7, 4), floats(2, 3, 7), axes(2), np.float32(0.3)),
    use("non_max_suppression", floats(1, 5, 4), floats(1, 1, 5), centred=True),
    use(
        "max_unpool",
        floats(1, 1, 2, 2),
        axes(5, 7, 13, 15).reshape(1, 1, 2, 2),
        kernel=(2, 2),
        strides=(2, 2),
    ),
    use("max_unpool", floats(1, 1, 2), axes(1, 2).reshape(1, 1, 2), axes(1, 1, 5), kernel=(2,)),
    use("col2im", floats(2, 12, 6), axes(4, 3), axes(2, 2), dilations=(1, 1)),
    use("col2im", floats(1, 2, 4), axes(7), axes(2), strides=(2,), pads=(2, 1), dilations=(2,)),
    use("dft", floats(2, 7, 1)),
    use("dft", floats(2, 7, 1), np.int64(5), one_sided=True),
    use("dft", floats(5, 3, 2), None, np.int64(0), inverse=True),
    use("dft", floats(5, 2), inverse=True, one_sided=True),
    use("stft", floats(2, 11, 1), np.int64(3), floats(5)),
    use("stft", floats(1, 8, 2), np.int64(2), None, np.int64(4), one_sided=False),
    use("cosine_window", np.int32(7)),
    use("cosine_window", np.int32(5), a=0.42, c=0.08, periodic=False, dtype=dtype("float64")),
    use("mel_weights", axes(4), axes(32), axes(8000), np.float32(100), np.float32(4000)),
    use("quantize", floats(3, 5), np.float32(0.02), np.uint8(128)),
    use("quantize", floats(3, 5), floats(5, low=0.01, high=0.1), to=dtype("int8")),
    use("dequantize", whole(3, 5, kind="int8"), floats(3), whole(3, kind="int8"), axis=0),
    use("dequantize", whole(2, 6, kind="int8"), floats(2, 2), axis=1, block=3),
    use("center", whole(3, 5, kind="uint8", low=0), whole(3, kind="uint8", low=0), axis=0),
    use("center", whole(3, 5, kind="int8")),
    use("requantize", whole(2, 3, 5, high=999), floats(3, low=0.01), np.int8(-3), to=dtype("int8")),
    use("lstm_cell", floats(3, 2, 20), np.int64(1), floats(2, 20), floats(2, 5)),
    use("gru_cell", floats(3, 2, 15), np.int64(2), floats(2, 15), floats(2, 5)),
    use("requantize", whole(5, high=9999), np.float32(0.1), np.uint8(7)),
    use(
        "add_quantized",
        *(whole(3, 5, kind="uint8", low=0), np.float32(3.3), np.uint8(4)),
        *(whole(3, 5, kind="int8"), np.float32(0.7), np.int8(-4), np.int8(2)),
    ),
    use("rnn", floats(3, 2, 5), floats(1, 7, 5), floats(1, 7, 7), activations=("affine",)),
    use("gru", floats(3, 2, 5), floats(1, 9, 5), floats(1, 9, 3), reset_after=True),
    use(
        "gru",
        floats(2, 3, 5),
        floats(2, 9, 5),
        floats(2, 9, 3),
        floats(2, 18),
        whole(2, low=0, high=3),
        floats(2, 2, 3),
        direction="bidirectional",
        batch_first=True,
    ),
    use(
        "lstm",
        floats(3, 2, 5),
        floats(1, 12, 5),
        floats(1, 12, 3),
        None,
        None,
        floats(1, 2, 3),
        floats(1, 2, 3),
        floats(1, 9),
        direction="reverse",
        clip=0.5,
        coupled=True,
    ),
    use("attention", floats(2, 3, 4, 5), floats(2, 3, 7, 5), floats(2, 3, 7, 2), causal=True),
    use(
        "attention",
        floats(2, 4, 6),
        floats(2, 3, 6),
        floats(2, 3, 4),
        whole(4, 5, low=0, high=2, kind="bool"),
        floats(2, 2, 2, 3),
        floats(2, 2, 2, 2),
        heads=2,
        key_heads=2,
        cap=2.0,
        left=1,
        shown="weights",
        softmax_dtype=dtype("float64"),
    ),
    use(
        "attention",
        floats(2, 4, 3, 5),
        floats(2, 2, 7, 5),
        floats(2, 2, 7, 5),
        floats(4, 3, 6),
        None,
        None,
        axes(5, 6),
        causal=True,
        right=2,
        shown="masked",
    ),
    use("linear_attention", floats(2, 5, 6), floats(2, 5, 6), floats(2, 5, 3)),
    use(
        "linear_attention",
        floats(1, 4, 12),
        floats(1, 4, 6),
        floats(1, 4, 4),
        floats(1, 2, 3, 2),
        floats(1, 4, 2),
        floats(1, 4, 1),
        heads=4,
        key_heads=2,
    ),
    use("tensor_scatter", floats(2, 3, 7, 5), floats(2, 3, 4, 5), axes(2, 3)),
    use("tensor_scatter", floats(2, 7, 5), floats(2, 4, 5), axes(5, 6), axis=1, circular=True),
    use("count_ngrams", whole(2, 9, low=0, high=3), grams=((1,), (1, 2)), places=(1, 0), skips=2),
    use(
        "count_ngrams",
        whole(9, low=0, high=3),
        grams=((0,), (2, 2)),
        places=(0, 2),
        weights=(0.5, 1.0, 2.0),
        shown="product",
    ),
    use("to_blocks", whole(3, 5, 2, kind="int8"), batch=2, block=4),
    use("to_blocks", whole(2, 8, kind="int8"), block=4),
    use(
        "to_blocks",
        whole(1, 3, 4, low=0, high=256, kind="uint8"),
        offset=128,
        pads=(1, 2),
        filler=7,
    ),
    use("fold_columns", whole(1, 3, 4, 7), kernel=3, stride=2, dilation=2, pads=(2, 1), filler=9),
    use("fold_columns", whole(2, 3, 7, kind="int8"), kernel=2, stride=3),
    use("from_planes", whole(2, 2, 3, 3, 2, 4, kind="int8"), whole(5), images=3, channels=5),
    use("from_blocks", whole(2, 2, 3, 2, 4, kind="int8"), images=3, channels=5),
    use(
        "conv_blocks",
        whole(1, 2, 5, 4, 1, 4, low=-128, high=128, kind="int8"),
        whole(3, 2, 3, 3, 4, 4, low=-128, high=128, kind="int8"),
        whole(3, 1, 4, low=-9999, high=9999),
        shift=10,
        low=-5,
        strides=(2, 1),
        pads=(1, 1, 0, 1),
    ),
    use(
        "conv_blocks",
        whole(2, 3, 2, 4, kind="int8"),
        whole(2, 3, 4, 4, kind="int8"),
        np.repeat(whole(2, 1, 4), 2, axis=1),
        shift=1,
    ),
    use(
        "sum_blocks",
        whole(1, 2, 5, 1, 4, low=-128, high=128, kind="int8"),
        whole(3, 2, 3, 4, 4, low=-128, high=128, kind="int8"),
        np.repeat(np.arange(0, 24, 8, dtype="int32"), 4).reshape(3, 1, 4),
        strides=(2,),
        pads=(1, 1),
    ),
    use(
        "add_blocks",
        whole(1, 2, 3, 1, 4, low=-128, high=128, kind="int8"),
        np.eye(4, dtype="int8"),
        whole(1, 2, 3, 1, 4, low=-128, high=128, kind="int8"),
        4 * np.eye(4, dtype="int8"),
        shift=2,
        high=100,
    ),
    use(
        "max_pool_blocks",
        whole(1, 2, 5, 1, 4, kind="int8"),
        np.eye(4, dtype="int8"),
        kernel=(3,),
        strides=(2,),
        pads=(1, 1),
        low=-2,
    ),
    use("shape", floats(3, 5, 2), start=1),
    use("size", floats(3, 5)),
    use("range", np.int64(3), np.int64(11), np.int64(4)),
    use("full", axes(2, 3), value=7, dtype=dtype("int32")),
    use("eye_like", floats(3, 5), diagonal=1),
]
