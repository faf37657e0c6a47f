"""Operands: the elements of a memory that a leaf reads or writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autosched.analysis.linear import Linear
from autosched.errors import LoweringError
from autosched.ir.expr import Expr, Load
from autosched.ir.stmt import Store
from autosched.vta.lowering.forms import flat
from autosched.vta.lowering.outline import Loop


@dataclass(frozen=True, slots=True)
class Operand:
    """An element index `base + sum of step * loop`, with a step for each loop of the nest.

    `lanes` are the loops inside one element, and their strides in numbers.
    """

    base: Linear
    steps: tuple[int, ...]
    lanes: Mapping[Expr, int]


def operand(access: Load | Store, vector: int, loops: list[Loop]) -> Operand:
    """Return the operand of `access` to a buffer whose elements hold `vector` numbers.

    Raises LoweringError where the loops do not run over whole elements.
    """
    linear, extents = flat(access), dict(loops)
    lanes: dict[Expr, int] = {}
    steps: dict[Expr, int] = {}
    outer: dict[Expr, int] = {}
    whole = linear.const % vector == 0
    for atom, k in linear.terms.items():
        if atom not in extents:
            outer[atom] = k // vector
            whole = whole and k % vector == 0
        elif k % vector == 0:
            steps[atom] = k // vector
        else:
            lanes[atom] = k
    size = 1
    for atom, k in sorted(lanes.items(), key=lambda lane: lane[1]):
        whole = whole and k == size
        size *= extents[atom]  # type: ignore[index]
    if not whole or size != vector:
        raise LoweringError(
            f"expected {access.buffer.name} to be read and written in whole blocks of {vector} "
            f"numbers, got its index {linear.to_expr()}",
            hint="leave the loops over a block whole and innermost, inside of all reduce axes",
        )
    base = Linear(linear.const // vector, outer)
    return Operand(base, tuple(steps.get(var, 0) for var, _ in loops), lanes)
