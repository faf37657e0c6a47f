"""What sums numbers of 16 bits sums them in float32, and rounds the result.

    y = softmax(x)            x: float16[4, 64]       z = matmul(a, b)      a, b: float16[64, 64]
 -> w = cast(x, to=float32)                        -> s = matmul(a, b, out_dtype=float32)
    s = softmax(w)                                    z = cast(s, to=float16)
    y = cast(s, to=float16)

A sum of many terms in float16 or bfloat16 loses most of them; other libraries sum so as well.
Products read their operands as they are, also where a graph converts them itself: kernels convert
elements when they copy or multiply them, and weights keep half the bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.arithmetic import Cast
from autosched.graph.operators.contraction import MatMul
from autosched.graph.operators.convolution import Conv
from autosched.graph.operators.operator import Operator
from autosched.graph.operators.pooling import AveragePool, GlobalAveragePool
from autosched.graph.operators.reduction import Max, Min
from autosched.graph.passes.matching import made_by
from autosched.ir.dtype import FLOAT32, DType


def wide_sums(graph: Graph) -> Graph:
    """See the module."""
    return rewrite(graph, _in_float32, TypedBuilder(graph.name))


def _in_float32(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    operator = node.operator
    kinds = [None if value.type is None else value.type.dtype for value in node.outputs]
    is_narrow = all(map(_is_narrow, kinds))
    if not _sums(operator) or not (is_narrow or kinds == [FLOAT32]):
        return None
    operands: list[Value | None] = list(inputs)
    if isinstance(operator, MatMul | Conv):
        operands[:2] = [_as_it_was(value, builder) for value in inputs[:2]]
        if not is_narrow and operands == list(inputs):
            return None
        operator = replace(operator, out_dtype=FLOAT32)
        kept = 2
    elif is_narrow:
        kept = 0
    else:
        return None
    operands[kept:] = [_widened(value, builder) for value in operands[kept:]]
    names = [value.name for value in node.outputs]
    if not is_narrow:
        return builder.add(operator, *operands, name=node.name, outputs=names)
    wide = [f"{name}.wide" for name in names]
    made = builder.add(operator, *operands, name=node.name, outputs=wide)
    return [
        builder.add(Cast(kind), value, outputs=[name])[0]
        for value, name, kind in zip(made, names, kinds, strict=True)
        if kind is not None
    ]


def _sums(operator: Operator) -> bool:
    """Whether results are sums in the dtype of the operands."""
    if getattr(operator, "out_dtype", None) is not None or isinstance(operator, Max | Min):
        return False
    is_pool = isinstance(operator, AveragePool | GlobalAveragePool)
    return is_pool or operator.kind in ("contraction", "reduction")


def _as_it_was(value: Value | None, builder: GraphBuilder) -> Value | None:
    """The number of 16 bits that is converted to the float32 `value`, or the value itself."""
    cast = made_by(value, Cast, builder)
    if cast is None or cast.operator != Cast(FLOAT32):
        return value
    (source,) = cast.given
    return source if source.type is not None and _is_narrow(source.type.dtype) else value


def _widened(value: Value | None, builder: GraphBuilder) -> Value | None:
    if value is None or value.type is None or not _is_narrow(value.type.dtype):
        return value
    return builder.add(Cast(FLOAT32), value, outputs=[f"{value.name}.wide"])[0]


def _is_narrow(kind: DType | None) -> bool:
    return kind is not None and kind.is_float and kind.bits < 32
