"""The ranges of all loop variables of a nest that is being lowered."""

from __future__ import annotations

from autosched.analysis.interval import Bounds
from autosched.ir.build import const
from autosched.ir.expr import Expr, Var

ZERO = const(0)


class Ranges:
    """Every loop runs from 0 to its extent: once as facts for the simplifier, once to relax."""

    def __init__(self) -> None:
        self.bounds = Bounds()
        self.extents: dict[Var, Expr] = {}

    def add(self, var: Var, extent: Expr) -> None:
        self.extents[var] = extent
        self.bounds.add_loop(var, ZERO, extent)

    def relaxed(self, variables: list[Var]) -> dict[Var, tuple[Expr, Expr]]:
        return {var: (ZERO, self.extents[var]) for var in variables}
