"""Checks that the bodies of a compute can be computed."""

from __future__ import annotations

from autosched.errors import ExpressionError
from autosched.ir.expr import Expr, Load
from autosched.ir.traverse import walk
from autosched.te.tensor import Axis, AxisKind, Reduce


def check_bodies(name: str, axes: tuple[Axis, ...], bodies: tuple[Expr, ...]) -> None:
    """Raise `ExpressionError` if the bodies of the compute `name` cannot be computed."""
    if not bodies:
        raise ExpressionError(f"expected a value for {name}, got an empty tuple")
    reduces = [body for body in bodies if isinstance(body, Reduce)]
    if reduces and len(reduces) < len(bodies):
        raise ExpressionError(
            f"expected every output of {name} to be a reduction or none, got both",
            hint="compute them in two stages",
        )
    if reduces:
        _check_reduction(name, reduces)
    known = {id(axis) for axis in axes}
    if reduces:
        known.update(id(axis) for axis in reduces[0].axes)
    _check_nodes(name, bodies, known)


def _check_reduction(name: str, reduces: list[Reduce]) -> None:
    first = reduces[0]
    components = [reduce.value_index for reduce in reduces]
    alike = all(
        (reduce.combiner, reduce.sources, reduce.axes)
        == (first.combiner, first.sources, first.axes)
        for reduce in reduces
    )
    if not alike or components != list(range(len(first.sources))):
        raise ExpressionError(
            f"expected the outputs of {name} to be all the values of one reduction in order, "
            "got a different choice of reductions",
            hint="reduce a tuple with te.comm_reducer, or compute them in two stages",
        )


def _check_nodes(name: str, bodies: tuple[Expr, ...], known: set[int]) -> None:
    tops = {id(body) for body in bodies}
    for node in (node for body in bodies for node in walk(body)):
        if isinstance(node, Reduce) and id(node) not in tops:
            raise ExpressionError(
                f"expected a reduction to be the whole value of {name}, got it inside the value",
                hint="compute the reduction in a stage of its own and read its result",
            )
        if isinstance(node, Axis) and id(node) not in known:
            raise _foreign_axis(name, node)
        if isinstance(node, Load):
            raise ExpressionError(f"expected tensor reads in {name}, got a buffer load {node}")
        if node.dtype.lanes != 1:
            raise ExpressionError(
                f"expected scalar expressions in {name}, got a vector of dtype {node.dtype}"
            )


def _foreign_axis(name: str, axis: Axis) -> ExpressionError:
    if axis.kind is AxisKind.REDUCE:
        return ExpressionError(
            f"expected the reduce axis {axis.name} inside a reduction over it, "
            f"got it free in {name}",
            hint=f"write te.sum(..., axis={axis.name}) or another reduction",
        )
    return ExpressionError(
        f"expected only axes of {name} in its body, got the axis {axis.name} of another operation"
    )
