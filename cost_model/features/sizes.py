"""Extents as numbers."""

from __future__ import annotations

from autosched.analysis.simplify import simplify
from autosched.ir.build import const
from autosched.ir.expr import Const, Expr
from autosched.ir.visitor import free_vars, substitute

NOMINAL_SIZE = 512
"""What a symbolic size is taken for."""


def known(extent: Expr) -> int:
    """An extent as a number, symbolic sizes taken for `NOMINAL_SIZE`."""
    if type(extent) is not Const:
        sizes = {var: const(NOMINAL_SIZE) for var in free_vars(extent)}
        extent = simplify(substitute(extent, sizes))
    return int(extent.value) if type(extent) is Const else NOMINAL_SIZE
