"""Random networks of most operators: odd sizes, sizes of 0 and 1, several dtypes, shared values.

Only what is known exactly, such as inputs and what moves them, goes to operators that jump, such as
`floor` or `argmax`: after a sum in another order they may give another result.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from random import Random
from typing import Any

import numpy as np

from autosched.errors import GraphError
from autosched.graph.graph import Graph, Value
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators import OPERATORS
from autosched.graph.types import TensorType
from autosched.ir.dtype import dtype

SMOOTH = (
    "relu", "sigmoid", "softplus", "softsign", "mish", "leaky_relu", "elu", "selu", "gelu", "silu",
    "hard_sigmoid", "hard_swish", "abs", "neg", "sin", "cos", "atan", "tanh", "erf", "identity",
)  # fmt: skip
JUMPS = ("sign", "ceil", "floor", "round")
WHOLE = ("abs", "neg", "sign", "bitwise_not", "identity", "relu")
ARITHMETIC = ("add", "sub", "mul", "maximum", "minimum")
BITS = ("bitwise_and", "bitwise_or", "bitwise_xor")
COMPARE = ("equal", "less", "less_equal")
REDUCTIONS = ("sum", "mean", "max", "min", "sum_abs", "sum_square", "l2_norm", "log_sum_exp")
SHAPES = (
    (3, 5), (1, 5), (2, 3, 5), (1, 4, 6, 5), (4,), (2, 4, 7), (1, 1), (), (2, 6, 3, 3), (7, 1, 2),
    (1, 3, 9), (0, 3), (2, 0, 4), (3, 1, 5, 1), (16, 17),
)  # fmt: skip
KINDS = ("float32",) * 6 + ("int64", "int32", "float64", "int8", "uint8", "bool")


def random_network(seed: int) -> tuple[Graph, list[np.ndarray]]:
    """A bound graph and arrays for its inputs."""
    return _Grower(seed).grown()


class _Grower:
    def __init__(self, seed: int):
        self.random = Random(seed)
        self.arrays = np.random.default_rng(seed)
        self.builder = TypedBuilder("random")
        self.values: list[Value] = []
        self.exact: set[Value] = set()

    def grown(self) -> tuple[Graph, list[np.ndarray]]:
        inputs = []
        for number in range(self.random.randint(1, 3)):
            array = self.array(self.random.choice(KINDS), *self.random.choice(SHAPES))
            kind = TensorType(dtype(array.dtype), array.shape)
            value = self.builder.input(f"x{number}", kind)
            self.values.append(value)
            self.exact.add(value)
            inputs.append(array)
        for _ in range(self.random.randint(2, 14)):
            try:
                self.grow()
            except GraphError:
                continue  # what was drawn does not fit; nothing depends on it
        others = self.random.sample(self.values, min(len(self.values), self.random.randint(0, 2)))
        return self.builder.build(dict.fromkeys([self.values[-1], *others])), inputs

    def grow(self) -> None:
        x = self.random.choice(self.values[-4:] if self.random.random() < 0.8 else self.values)
        assert x.type is not None
        if x.type.dtype.is_bool:
            draws = _BOOLS
        elif x.type.dtype.is_float:
            draws = _FLOATS
        else:
            draws = _INTS
        self.random.choice(draws)(self, x, x.type)

    def add(self, name: str, *inputs: Value | None, count: int = 1, **attributes: Any) -> None:
        made = self.builder.add(OPERATORS[name](**attributes), *inputs, count=count)
        known = [value for value in made if value.type is not None]
        self.values += known
        given = [value for value in inputs if value is not None]
        if all(value in self.exact or value not in self.values for value in given):
            self.exact.update(v for v in known if name in _EXACT or not _is_float(v))

    # Values.

    def array(self, kind: str, *shape: int) -> np.ndarray:
        if kind.startswith("float"):
            return self.arrays.uniform(-1, 1, shape).astype(kind)
        low, high = (0, 2) if kind == "bool" else (0, 5) if kind == "uint8" else (-4, 5)
        return self.arrays.integers(low, high, shape).astype(kind)

    def constant(self, kind: TensorType | str, *shape: int) -> Value:
        name = kind if isinstance(kind, str) else str(kind.dtype)
        return self.builder.constant(self.array(name, *shape))

    def floats(self, *shape: int) -> Value:
        return self.constant("float32", *shape)

    def ints(self, *values: int) -> Value:
        return self.builder.constant(np.array(values, np.int64))

    def scalar(self, value: int) -> Value:
        return self.builder.constant(np.array(value, np.int64))

    def like(self, kind: TensorType) -> Value:
        """A value or a constant of the dtype, which may broadcast with a value of the type."""
        fitting = [v for v in self.values if v.type and v.type.dtype is kind.dtype]
        if fitting and self.random.random() < 0.6:
            return self.random.choice(fitting)
        shape = [size if self.random.random() < 0.6 else 1 for size in kind.sizes]
        return self.constant(kind, *shape[self.random.randint(0, len(shape)) :])

    def axis(self, kind: TensorType) -> int:
        if not kind.rank:
            raise GraphError("expected an axis, got a scalar")
        return self.random.randrange(-kind.rank, kind.rank)

    def axes(self, kind: TensorType) -> Value:
        chosen = self.random.sample(range(kind.rank), self.random.randint(0, kind.rank))
        return self.ints(*chosen)

    # Elementwise.

    def smooth(self, x: Value, kind: TensorType) -> None:
        self.add(self.random.choice(SMOOTH), x)

    def jump(self, x: Value, kind: TensorType) -> None:
        if x in self.exact:
            self.add(self.random.choice(JUMPS), x)

    def whole(self, x: Value, kind: TensorType) -> None:
        self.add(self.random.choice(WHOLE), x)

    def arithmetic(self, x: Value, kind: TensorType) -> None:
        pair = self.random.sample([x, self.like(kind)], 2)
        self.add(self.random.choice(ARITHMETIC), *pair)

    def bits(self, x: Value, kind: TensorType) -> None:
        self.add(self.random.choice(BITS), x, self.like(kind))

    def compare(self, x: Value, kind: TensorType) -> None:
        other = self.like(kind)
        if x in self.exact and (other in self.exact or other not in self.values):
            self.add(self.random.choice(COMPARE), x, other)

    def logic(self, x: Value, kind: TensorType) -> None:
        if self.random.random() < 0.3:
            self.add("not", x)
        else:
            self.add(self.random.choice(("and", "or", "xor")), x, self.like(kind))

    def where(self, x: Value, kind: TensorType) -> None:
        then = self.random.choice(self.values)
        assert then.type is not None
        self.add("where", x, then, self.like(then.type))

    def cast(self, x: Value, kind: TensorType) -> None:
        to = self.random.choice(("float32", "int32", "int64", "float64", "bool"))
        if x in self.exact or to.startswith("float"):
            self.add("cast", x, to=dtype(to))

    def clip(self, x: Value, kind: TensorType) -> None:
        low = self.builder.constant(np.array(0, str(kind.dtype)))
        high = self.builder.constant(np.array(1, str(kind.dtype)))
        self.add("clip", x, low if self.random.random() < 0.7 else None, high)

    def gated(self, x: Value, kind: TensorType) -> None:
        self.add(self.random.choice(("sigmoid", "tanh", "relu")), x)
        self.add("mul", x, self.values[-1])

    # Reductions and normalizations.

    def reduction(self, x: Value, kind: TensorType) -> None:
        keeps = self.random.random() < 0.5
        self.add(self.random.choice(REDUCTIONS), x, self.axes(kind), keepdims=keeps)

    def total(self, x: Value, kind: TensorType) -> None:
        name = self.random.choice(("sum", "max", "min", "prod"))
        self.add(name, x, self.axes(kind), keepdims=self.random.random() < 0.5)

    def arg(self, x: Value, kind: TensorType) -> None:
        if x in self.exact:
            name, last = self.random.choice(("argmax", "argmin")), self.random.random() < 0.5
            self.add(name, x, axis=self.axis(kind), keepdims=self.random.random() < 0.5, last=last)

    def over_axis(self, x: Value, kind: TensorType) -> None:
        name = self.random.choice(("softmax", "log_softmax", "lp_normalize"))
        self.add(name, x, axis=self.axis(kind))

    def norm(self, x: Value, kind: TensorType) -> None:
        axis = self.axis(kind) % kind.rank
        name = self.random.choice(("layer_norm", "rms_norm", "batch_norm", "group_norm"))
        if name in ("layer_norm", "rms_norm"):
            inner = kind.sizes[axis:]
            given = [self.constant(kind, *inner)]
            if name == "layer_norm" and self.random.random() < 0.5:
                given.append(self.constant(kind, *inner))
            self.add(name, x, *given, axis=axis)
            return
        channels = kind.sizes[1 % kind.rank]
        if name == "group_norm":
            given = [self.constant(kind, channels) for _ in range(2)]
            self.add(name, x, *given, groups=self.random.choice((1, 2, channels)))
            return
        given = [self.constant(kind, channels) for _ in range(3)]
        positive = np.abs(self.array(str(kind.dtype), channels)) + 1
        self.add(name, x, *given, self.builder.constant(positive))

    def scan(self, x: Value, kind: TensorType) -> None:
        flags = {name: self.random.random() < 0.5 for name in ("exclusive", "reverse")}
        self.add("cumsum", x, self.scalar(self.axis(kind)), **flags)

    def spelled_norm(self, x: Value, kind: TensorType) -> None:
        axes = self.ints(self.axis(kind))
        self.add("mean", x, axes)
        self.add("sub", x, self.values[-1])
        centred = self.values[-1]
        self.add("mul", centred, centred)
        self.add("mean", self.values[-1], axes)
        self.add("add", self.values[-1], self.builder.constant(np.array(1e-3, str(kind.dtype))))
        self.add("sqrt", self.values[-1])
        self.add("div", centred, self.values[-1])

    # Contractions and windows.

    def matmul(self, x: Value, kind: TensorType) -> None:
        columns = kind.sizes[-1] if kind.rank else 1
        draw = self.random.randrange(5)
        if draw == 0:
            self.add("matmul", x, x, transpose_b=True)
        elif draw == 1:
            self.add("matmul", x, x, transpose_a=True)
        elif draw == 2:
            rows = kind.sizes[-2] if kind.rank > 1 else columns
            self.add("matmul", self.constant(kind, self.random.choice((1, 3)), rows), x)
        elif draw == 3:
            self.add("matmul", x, self.like(kind))
        else:
            self.add("matmul", x, self.constant(kind, columns, self.random.choice((1, 3, 8, 16))))

    def attention(self, x: Value, kind: TensorType) -> None:
        self.add("matmul", x, x, transpose_b=True)
        scores = self.values[-1]
        self.add("mul", scores, self.builder.constant(np.array(0.5, str(kind.dtype))))
        self.add("softmax", self.values[-1], axis=-1)
        self.add("matmul", self.values[-1], x)

    def window(self, kind: TensorType) -> dict[str, Any]:
        rank = max(kind.rank - 2, 0)
        pick = lambda *of: tuple(self.random.choice(of) for _ in range(rank))  # noqa: E731
        found = {"strides": pick(1, 1, 2, 3), "dilations": pick(1, 1, 2)}
        if self.random.random() < 0.4:
            found["auto_pad"] = self.random.choice(("same_upper", "same_lower", "valid"))
        else:
            found["pads"] = tuple(self.random.randint(0, 1) for _ in range(2 * rank))
        return found

    def conv(self, x: Value, kind: TensorType) -> None:
        channels = kind.sizes[1 % max(kind.rank, 1)] if kind.rank else 1
        groups = self.random.choice([g for g in (1, 2, channels) if g and channels % g == 0] or [1])
        filters = groups * self.random.choice((1, 2, 4))
        kernel = [self.random.choice((1, 2, 3)) for _ in kind.sizes[2:]]
        weight = self.constant(kind, filters, channels // groups, *kernel)
        bias = self.constant(kind, filters) if self.random.random() < 0.5 else None
        self.add("conv", x, weight, bias, groups=groups, **self.window(kind))

    def pool(self, x: Value, kind: TensorType) -> None:
        kernel = tuple(self.random.choice((2, 3)) for _ in kind.sizes[2:])
        options = {"kernel": kernel, "ceil": self.random.random() < 0.3, **self.window(kind)}
        self.add(self.random.choice(("max_pool", "average_pool")), x, **options)

    def deconv(self, x: Value, kind: TensorType) -> None:
        if kind.rank < 3:
            return
        kernel = [self.random.choice((1, 2, 3)) for _ in kind.sizes[2:]]
        weight = self.constant(kind, kind.sizes[1], 2, *kernel)
        strides = tuple(self.random.choice((1, 2)) for _ in kernel)
        self.add("conv_transpose", x, weight, strides=strides)

    def resize(self, x: Value, kind: TensorType) -> None:
        to = [size if n < 2 else self.random.choice((1, 4, 7)) for n, size in enumerate(kind.sizes)]
        mode = self.random.choice(("nearest", "linear"))
        self.add("resize", x, None, None, self.ints(*to), mode=mode)

    # Movements.

    def transpose(self, x: Value, kind: TensorType) -> None:
        order = self.random.sample(range(kind.rank), kind.rank)
        self.add("transpose", x, permutation=tuple(order))

    def reshape(self, x: Value, kind: TensorType) -> None:
        sizes = list(kind.sizes)
        place = self.random.randrange(max(len(sizes), 1))
        if self.random.random() < 0.5:
            sizes[place : place + 2] = [prod(sizes[place : place + 2])]
        elif sizes:
            divisors = [d for d in range(1, sizes[place] + 1) if sizes[place] % d == 0] or [1]
            d = self.random.choice(divisors)
            sizes[place : place + 1] = [d, sizes[place] // d]
        self.add("reshape", x, self.ints(*sizes), allow_zero=True)

    def ones(self, x: Value, kind: TensorType) -> None:
        if self.random.random() < 0.5:
            places = [n for n, size in enumerate(kind.sizes) if size == 1]
            self.add("squeeze", x, self.ints(*places))
        else:
            self.add("unsqueeze", x, self.ints(self.random.randint(0, kind.rank)))

    def expand(self, x: Value, kind: TensorType) -> None:
        sizes = [self.random.choice((1, 3)) if size == 1 else size for size in kind.sizes]
        if self.random.random() < 0.5:
            self.add("expand", x, self.ints(*sizes))
        else:
            self.add("tile", x, self.ints(*(self.random.choice((1, 1, 2)) for _ in sizes)))

    def concat(self, x: Value, kind: TensorType) -> None:
        others = [self.like(kind) for _ in range(self.random.randint(0, 2))]
        every = [*others, x, x] if self.random.random() < 0.3 else [*others, x]
        self.add("concat", *self.random.sample(every, len(every)), axis=self.axis(kind))

    def part(self, x: Value, kind: TensorType) -> None:
        axis, step = self.axis(kind), self.random.choice((1, 1, 2, -1, -2))
        begin = self.random.choice((-1, -2) if step < 0 else (0, 1, -2))
        end = self.random.choice((-100, 0) if step < 0 else (100, -1, 2))
        self.add("slice", x, *(self.ints(n) for n in (begin, end, axis, step)))

    def split(self, x: Value, kind: TensorType) -> None:
        axis = self.axis(kind)
        parts = self.random.choice((2, 3))
        self.add("split", x, count=parts, axis=axis, parts=parts)

    def pad(self, x: Value, kind: TensorType) -> None:
        pads = [self.random.choice((0, 0, 1, 2, -1)) for _ in range(2 * kind.rank)]
        mode = self.random.choice(("constant", "edge", "reflect", "wrap"))
        self.add("pad", x, self.ints(*pads), mode=mode)

    def gather(self, x: Value, kind: TensorType) -> None:
        axis = self.axis(kind)
        most = kind.sizes[axis]
        shape = self.random.choice(((), (2,), (2, 3), (1,)))
        if not prod(kind.sizes):
            return
        places = self.builder.constant(self.arrays.integers(-most, most, shape))
        draw = self.random.random()
        if draw < 0.6:
            self.add("gather", x, places, axis=axis)
        elif draw < 0.8:
            same = self.builder.constant(self.arrays.integers(0, most, kind.sizes))
            self.add("gather_elements", x, same, axis=axis)
        else:
            first = self.arrays.integers(0, max(kind.sizes[0], 1), (3, 1))
            self.add("gather_nd", x, self.builder.constant(first))

    def rearrange(self, x: Value, kind: TensorType) -> None:
        draw = self.random.randrange(4)
        if draw == 0:
            self.add("trilu", x, self.scalar(self.random.randint(-1, 1)), upper=bool(kind.rank % 2))
        elif draw == 1:
            self.add("flatten", x, axis=self.random.randint(0, kind.rank))
        elif draw == 2:
            name = self.random.choice(("depth_to_space", "space_to_depth"))
            self.add(name, x, channels_first=self.random.random() < 0.5)
        else:
            self.add("identity", x)


def _is_float(value: Value) -> bool:
    return value.type is None or value.type.dtype.is_float


Draw = Callable[[_Grower, Value, TensorType], None]

_EXACT = frozenset(
    ("identity", "transpose", "reshape", "squeeze", "unsqueeze", "expand", "tile", "concat",
     "slice", "split", "pad", "gather", "gather_elements", "gather_nd", "trilu", "flatten",
     "depth_to_space", "space_to_depth", "neg", "abs", "relu", "where", "max", "min", "maximum",
     "minimum", *JUMPS)
)  # fmt: skip
_MOVES: list[Draw] = [
    _Grower.transpose, _Grower.reshape, _Grower.ones, _Grower.expand, _Grower.concat, _Grower.part,
    _Grower.split, _Grower.pad, _Grower.gather, _Grower.rearrange,
]  # fmt: skip
_FLOATS: list[Draw] = [
    *_MOVES, *[_Grower.smooth] * 3, _Grower.jump, *[_Grower.arithmetic] * 4, _Grower.compare,
    _Grower.cast, _Grower.clip, _Grower.gated, *[_Grower.reduction] * 2, _Grower.arg,
    *[_Grower.over_axis] * 2, *[_Grower.norm] * 2, _Grower.scan, _Grower.spelled_norm,
    *[_Grower.matmul] * 3, _Grower.attention, *[_Grower.conv] * 4, *[_Grower.pool] * 2,
    _Grower.deconv, _Grower.resize,
]  # fmt: skip
_INTS: list[Draw] = [
    *_MOVES, _Grower.whole, *[_Grower.arithmetic] * 3, _Grower.bits, _Grower.compare, _Grower.cast,
    _Grower.cast, _Grower.clip, _Grower.total, _Grower.arg, _Grower.scan, _Grower.matmul,
]  # fmt: skip
_BOOLS: list[Draw] = [*_MOVES, _Grower.logic, _Grower.where, _Grower.where, _Grower.cast]
