"""Proves that loads read elements of their buffers, so that no condition has to guard them."""

from __future__ import annotations

from autosched.analysis.bounds import Bounds
from autosched.analysis.simplify import prove
from autosched.ir.build import add, and_, const, le, lt
from autosched.ir.expr import Broadcast, Expr, Load, Ramp
from autosched.ir.traverse import walk


def reads_inside(expr: Expr, bounds: Bounds) -> bool:
    """Tell whether all loads of `expr` are proved to read inside, so that it has a value."""
    return all(is_inside(node, bounds) for node in walk(expr) if type(node) is Load)


def is_inside(read: Load, bounds: Bounds) -> bool:
    """Tell whether a load is proved to read elements of its buffer in all lanes."""
    return all(
        end.dtype.lanes == 1 and prove(and_(le(const(0), end), lt(end, extent)), bounds) is True
        for index, extent in zip(read.indices, read.buffer.shape, strict=True)
        for end in _ends(index)
    )


def _ends(index: Expr) -> tuple[Expr, ...]:
    """Return the indices of the first and the last lane."""
    if type(index) is not Ramp:
        return (index.value if type(index) is Broadcast else index,)
    return index.base, add(index.base, index.stride * (index.dtype.lanes - 1))
