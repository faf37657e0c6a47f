"""What converts the operators of ONNX, a file a family. Importing this fills the table."""

from autosched.frontend.onnx.operators import (
    contrib,
    control,
    elementwise,
    movement,
    networks,
    reductions,
    sequences,
    signals,
    vision,
)

__all__ = [
    "contrib",
    "control",
    "elementwise",
    "movement",
    "networks",
    "reductions",
    "sequences",
    "signals",
    "vision",
]
