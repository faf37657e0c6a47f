"""What computes: the contract that the NumPy core and the compiled one keep."""

from __future__ import annotations

from typing import Protocol

from autosched.vta.isa import Alu
from autosched.vta.simulator.nest import Nest


class Core(Protocol):
    """GEMM and ALU on one `State`; a nest is in range and has at least one micro-op."""

    def inputs_loaded(self, first: int, count: int) -> None:
        """Elements `first` on of the input memory have new values."""

    def weights_loaded(self, first: int, count: int) -> None:
        """Elements `first` on of the weight memory have new values."""

    def reset(self, nest: Nest) -> None:
        """`acc[dst] = 0`."""

    def gemm(self, nest: Nest) -> None:
        """`acc[dst] += inp[src] @ wgt[wgt].T`, wrapping at 32 bits."""

    def alu(self, nest: Nest, instruction: Alu) -> None:
        """`acc[dst] = op(acc[dst], imm or acc[src])`, each micro-op seeing those before it."""
