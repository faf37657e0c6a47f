"""Layer and RMS normalizations in primitive operators become one operator each.

    s = mean(x * x, axes)
    r = sqrt(s + epsilon)          ->    z = rms_norm(x, scale)
    z = x / r * scale

With `x = y - mean(y, axes)` it is the layer normalization of `y`, of which a shift may follow. The
axes are the last ones; the quotient may be a product with one over the root.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.arithmetic import Add, Div, Mul, Pow, Reciprocal, Sqrt, Sub
from autosched.graph.operators.normalization import LayerNorm, RmsNorm
from autosched.graph.operators.reduction import Mean
from autosched.graph.passes.arrangement import is_read_once, reshaped
from autosched.graph.passes.matching import made_by, number, product, terms


def norms(graph: Graph) -> Graph:
    """See the module."""

    def rule(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        if isinstance(node.operator, Mul | Div):
            found = _normalized(node, inputs, builder)
            if found is not None:
                return found
        if isinstance(node.operator, Mul | Add):
            return _with_constant(node, inputs, graph, builder)
        return None

    return rewrite(graph, rule, TypedBuilder(graph.name))


def _normalized(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    names = [node.outputs[0].name]
    for x, square in _over_roots(node, inputs, builder):
        for total, constant in terms(square, builder):
            epsilon, mean = number(constant, builder), made_by(total, Mean, builder)
            axis = None if mean is None else _first_axis(mean, x, builder)
            if epsilon is None or axis is None or mean is None:
                continue
            if not product(mean.given[0], builder, x).is_of(1.0, x, x):
                continue
            deviation = made_by(x, Sub, builder)
            around = deviation and made_by(deviation.given[1], Mean, builder)
            if deviation is not None and around is not None:
                source = deviation.given[0]
                if around.given[0] is source and _first_axis(around, source, builder) == axis:
                    layer = LayerNorm(axis=axis, epsilon=epsilon)
                    return builder.add(layer, source, name=node.name, outputs=names)
            rms = RmsNorm(axis=axis, epsilon=epsilon)
            return builder.add(rms, x, name=node.name, outputs=names)
    return None


def _over_roots(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Iterator[tuple[Value, Value]]:
    """Each value that the node divides by a root, and what that is the root of."""
    a, b = inputs
    assert a is not None
    assert b is not None
    if isinstance(node.operator, Div):
        root = made_by(b, Sqrt, builder)
        if root is not None:
            yield a, root.given[0]
        return
    for x, inverse in ((a, b), (b, a)):
        made = builder.producer(inverse)
        if made is None:
            continue
        if isinstance(made.operator, Pow) and number(made.given[1], builder) == -0.5:
            yield x, made.given[0]
        is_over = isinstance(made.operator, Div) and number(made.given[0], builder) == 1.0
        if is_over or isinstance(made.operator, Reciprocal):
            root = made_by(made.given[-1], Sqrt, builder)
            if root is not None:
                yield x, root.given[0]


def _first_axis(mean: Node, x: Value, builder: GraphBuilder) -> int | None:
    """The first axis of a mean over the last axes of a value, from the end, if they stay."""
    assert isinstance(mean.operator, Mean)
    axes = builder.known(mean.given[1]) if len(mean.given) > 1 else None
    rank = 0 if x.type is None else x.type.rank
    if axes is None or not axes.size or not rank or not mean.operator.keepdims:
        return None
    found = sorted(int(axis) % rank for axis in axes.ravel())
    return found[0] - rank if found == list(range(found[0], rank)) else None


def _with_constant(
    node: Node, inputs: Sequence[Value | None], graph: Graph, builder: GraphBuilder
) -> Sequence[Value] | None:
    """A normalization with the constant that it is multiplied with, or that is added to it."""
    for place, (norm, constant) in enumerate((inputs, inputs[::-1])):
        made, kind = builder.producer(norm), None if constant is None else constant.type
        if made is None or not isinstance(made.operator, LayerNorm | RmsNorm):
            continue
        old = node.inputs[place]
        if constant is None or kind is None or builder.known(constant) is None:
            continue
        if old is None or not is_read_once(old, graph) or len(made.outputs) > 1:
            continue
        x, *given = made.inputs
        assert x is not None
        assert x.type is not None
        shape = x.type.sizes[made.operator.axis :]
        is_whole = (1,) * (kind.rank - len(shape)) + shape == kind.sizes
        if not is_whole or node.outputs[0].type != x.type:
            continue
        if isinstance(node.operator, Mul) and not given:
            given = [reshaped(constant, shape, builder)]
        elif isinstance(node.operator, Add) and isinstance(made.operator, LayerNorm):
            if len(given) > 1:
                continue
            given = [*(given or [None]), reshaped(constant, shape, builder)]
        else:
            continue
        names = [node.outputs[0].name]
        return builder.add(made.operator, x, *given, name=node.name, outputs=names)
    return None
