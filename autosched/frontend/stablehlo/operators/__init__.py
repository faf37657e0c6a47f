"""Converters of StableHLO's operations, a file a family; importing them fills the table."""

from autosched.frontend.stablehlo.operators import (
    elementwise,
    indexing,
    movement,
    products,
    reductions,
    sorting,
    windows,
)

__all__ = ["elementwise", "indexing", "movement", "products", "reductions", "sorting", "windows"]
