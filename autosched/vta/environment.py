"""The names that schedules for an accelerator use: scopes, pragmas, the GEMM instruction."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from autosched.vta.config import Memory, VTAConfig, checked

SCOPES = {
    Memory.INP: "local.inp_buffer",
    Memory.WGT: "local.wgt_buffer",
    Memory.ACC: "local.acc_buffer",
}
"""The scope of each memory."""

MEMORIES = {scope: memory for memory, scope in SCOPES.items()}


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction for `tensorize`: its name, and the extents of the loops it replaces."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Environment:
    """Sizes, scopes and pragmas of an accelerator of `config`, named as in TVM's VTA scripts.

    data (N/BATCH, C/BLOCK_IN, H, W, BATCH, BLOCK_IN) of `inp_dtype`, weights (O/BLOCK_OUT,
    C/BLOCK_IN, KH, KW, BLOCK_OUT, BLOCK_IN) of `wgt_dtype`, sums and biases (..., BATCH,
    BLOCK_OUT) of `acc_dtype`, results of `out_dtype`.
    """

    config: VTAConfig = field(default_factory=VTAConfig)

    inp_scope: ClassVar[str] = SCOPES[Memory.INP]
    wgt_scope: ClassVar[str] = SCOPES[Memory.WGT]
    acc_scope: ClassVar[str] = SCOPES[Memory.ACC]
    inp_dtype: ClassVar[str] = "int8"
    wgt_dtype: ClassVar[str] = "int8"
    acc_dtype: ClassVar[str] = "int32"
    out_dtype: ClassVar[str] = "int8"
    dma_copy: ClassVar[str] = "dma_copy"
    alu: ClassVar[str] = "alu"

    @property
    def BATCH(self) -> int:
        return self.config.batch

    @property
    def BLOCK_IN(self) -> int:
        return self.config.block_in

    @property
    def BLOCK_OUT(self) -> int:
        return self.config.block_out

    @property
    def INP_WIDTH(self) -> int:
        return 1 << self.config.log_inp_width

    @property
    def WGT_WIDTH(self) -> int:
        return 1 << self.config.log_wgt_width

    @property
    def ACC_WIDTH(self) -> int:
        return 1 << self.config.log_acc_width

    @property
    def OUT_WIDTH(self) -> int:
        return self.INP_WIDTH

    @cached_property
    def gemm(self) -> Instruction:
        """One block of a matrix product: (BATCH, BLOCK_OUT) += (BATCH, BLOCK_IN) by weights."""
        return Instruction("gemm", (self.BATCH, self.BLOCK_OUT, self.BLOCK_IN))


def get_env(config: VTAConfig | None = None) -> Environment:
    """Return the environment of `config`, or of the default accelerator."""
    return Environment(checked(config))
