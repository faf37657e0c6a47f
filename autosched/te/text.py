"""Prints the nodes of tensor expressions: `A[i, k]`, `sum(A[i, k], axis=[k])`."""

from __future__ import annotations

from autosched.ir.expr import Const
from autosched.ir.expr_text import ANY, Piece, access, register, separated
from autosched.te.bounds import Inside
from autosched.te.operation import Reduce
from autosched.te.tensor import TensorRead


def _read(node: TensorRead) -> list[Piece]:
    return access(node.tensor.name, node.indices, None)


def _reduce(node: Reduce) -> list[Piece]:
    pieces: list[Piece] = [node.combiner.name, "(", *separated(node.sources)]
    pieces += [", axis=[", *separated(node.axes), "]"]
    if not (type(node.condition) is Const and node.condition.value):
        pieces += [", where=", (node.condition, ANY)]
    if node.initial is not None:
        pieces += [", init=", *separated(node.initial)]
    index = f"[{node.value_index}]" if len(node.sources) > 1 else ""
    return [*pieces, ")" + index]


def _inside(node: Inside) -> list[Piece]:
    return ["inside(", (node.index, ANY), ")"]


def register_texts() -> None:
    """Register the nodes of tensor expressions with the printer."""
    register(Inside, _inside)
    register(TensorRead, _read)
    register(Reduce, _reduce)
