"""Reads a layout from a function of indices, such as `lambda k, n: [n // 48, k, n % 48]`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from autosched.errors import ScheduleError
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Const, Expr, FloorDiv, FloorMod, Var
from autosched.schedule.layout import Layout, Part


def layout_of(mapping: Callable[..., Sequence[Any]], rank: int) -> Layout:
    """Return the layout in which the element at some indices is stored at `mapping` of them.

    Arguments of the function that have to be named are the last indices. An ellipsis among the
    results has no effect: it stands where other machines have several axes of addresses. Raises
    ScheduleError for indices that are not parts of the given ones, from the outermost in.
    """
    indices = [Var(f"i{dimension}", INDEX) for dimension in range(rank)]
    made = [each for each in _mapped(mapping, indices) if each is not ...]
    parts = [_part(each, indices) for each in made]
    above: dict[int, int] = {}
    for part, index in zip(parts, made, strict=True):
        if part is None or part.above != above.get(part.dimension):
            raise ScheduleError(
                f"expected an index, its quotient or its remainder by a constant, got {index}",
                hint="the outer parts of an index come first, as in [n // 48, k, n % 48]",
            )
        above[part.dimension] = part.unit
    return tuple(
        part.dimension if part.unit == 1 else (part.dimension, part.unit) for part in parts if part
    )


def _mapped(mapping: Callable[..., Sequence[Any]], indices: Sequence[Var]) -> Sequence[Any]:
    try:
        signature = inspect.signature(mapping)
        kinds = [(each.name, each.kind) for each in signature.parameters.values()]
        named = [name for name, kind in kinds if kind is inspect.Parameter.KEYWORD_ONLY]
        count = len(indices) - len(named)
        given = signature.bind(*indices[:count], **dict(zip(named, indices[count:], strict=True)))
        made = mapping(*given.args, **given.kwargs)
    except (TypeError, ValueError):
        made = None
    if isinstance(made, (list, tuple)):
        return made
    raise ScheduleError(
        f"expected a function of {len(indices)} indices that returns a list, got {mapping!r}"
    )


def _part(index: Expr, indices: Sequence[Var]) -> Part | None:
    """Return the part of one of the indices that an expression is, or None."""
    if index in indices:
        return Part(indices.index(index), 1, None)
    if not isinstance(index, FloorDiv | FloorMod) or type(index.b) is not Const:
        return None
    whole, factor = _part(index.a, indices), int(index.b.value)
    if whole is None:
        return None
    if isinstance(index, FloorDiv):
        return Part(whole.dimension, whole.unit * factor, whole.above)
    return Part(whole.dimension, whole.unit, whole.unit * factor)
