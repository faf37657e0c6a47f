"""What converts the operators of ATen, a file a family. Importing this fills the table."""

from autosched.frontend.torch.operators import (
    arithmetic,
    comparisons,
    creation,
    functions,
    gradients,
    indexing,
    movement,
    networks,
    normalizations,
    products,
    reductions,
)

__all__ = [
    "arithmetic",
    "comparisons",
    "creation",
    "functions",
    "gradients",
    "indexing",
    "movement",
    "networks",
    "normalizations",
    "products",
    "reductions",
]
