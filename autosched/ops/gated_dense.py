"""The gated layer of transformers (Shazeer, "GLU variants improve transformer", 2020)."""

from __future__ import annotations

from autosched.ops.dense import dense
from autosched.ops.elementwise import mul
from autosched.ops.halves import rounded_once
from autosched.te.tensor import Tensor


@rounded_once
def gated_dense(
    x: Tensor, gate: Tensor, up: Tensor, activation: str = "silu", name: str = "gated_dense"
) -> Tensor:
    """`activation(x @ gate.T) * (x @ up.T)`, for `x` of (m, k), `gate` and `up` of (n, k)."""
    return mul(dense(x, gate, None, activation, name="gate"), dense(x, up, name="up"), name)
