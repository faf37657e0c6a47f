"""The emitter: instructions from folded nests and transfers, repeated for the visits of a leaf.

An instruction that is repeated with other indices is kept once, as a template; each repetition
is the number of its template, its time, and the indices to add.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from autosched.errors import LoweringError
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa.instructions import AluOp, Opcode
from autosched.vta.isa.table import Column, Rows
from autosched.vta.lowering.columns import WIDTH, Action, Effect
from autosched.vta.lowering.fold import Fold, Limits
from autosched.vta.lowering.transfer import Transfer
from autosched.vta.lowering.uops import capacity

_LOADS = {Memory.INP: Action.LOAD_INP, Memory.WGT: Action.LOAD_WGT, Memory.ACC: Action.COMPUTE}
_NOTHING = (0, -1, 0, -1)
"""No inputs and no weights are read."""

_STEPS = 1 << 20
"""A limit on the instructions of one visit."""


class Emitter:
    """Collects instructions; micro-ops that are equal become one kernel."""

    def __init__(self, config: VTAConfig):
        self.limits = Limits(
            capacity(config),
            (config.depth(Memory.ACC), config.depth(Memory.INP), config.depth(Memory.WGT)),
        )
        self.kernels: list[Rows] = []
        """The distinct micro-op kernels: arrays of shape (n, 3) of sum, input and weight."""
        self._templates: list[list[int]] = []
        self._offsets: list[Rows | None] = []
        self._parts: list[Rows] = []

    def gemm(self, fold: Fold) -> int:
        """Add a template that multiplies and adds; return its number."""
        return self._nest(Opcode.GEMM, (*_weights(fold), 0), fold, reads=True)

    def reset(self, fold: Fold) -> int:
        """Add a template that sets sums to zero; return its number."""
        return self._nest(Opcode.GEMM, (*_weights(fold), 1), fold)

    def alu(self, op: AluOp, value: int | None, fold: Fold) -> int:
        """Add a template of an operation with the constant `value`, or with other sums for None."""
        operand = (op, 0, 0) if value is None else (op, 1, value)
        return self._nest(Opcode.ALU, operand, fold)

    def transfer(self, memory: Memory, transfer: Transfer) -> int:
        """Add a template of a load, or of a store if `memory` is OUT."""
        fields = (
            memory, transfer.sram, transfer.dram, transfer.y, transfer.x, transfer.stride,
            *transfer.pads,
        )  # fmt: skip
        span = (transfer.sram, transfer.last)
        if memory is Memory.OUT:
            return self._template(Opcode.STORE, (*fields, 0), Action.STORE, span)
        return self._template(Opcode.LOAD, (*fields, 0), _LOADS[memory], span)

    def emit(
        self, templates: Sequence[int], first: int, order: Rows, a: Rows, b: Rows, wgt: Rows | int
    ) -> None:
        """Emit the instructions `templates`, one after the other, in every visit of `order`.

        They come after the first `first` instructions of the visit. For each visit `a` is added
        to the sums or to a transfer's index on the chip, `b` to the inputs, to the ALU's
        sources or to a transfer's index in DRAM, and `wgt` to the weights.
        """
        if first + len(templates) > _STEPS:
            raise LoweringError(
                f"expected at most {_STEPS} instructions for a nest, got {first + len(templates)}",
                hint="compute larger tiles, or give the loops another order",
            )
        part = np.empty((len(order), len(templates), 5), np.int64)
        part[..., 0] = order[:, None] * _STEPS + np.arange(first, first + len(templates))
        part[..., 1] = templates
        part[..., 2] = a[:, None]
        part[..., 3] = b[:, None]
        part[..., 4] = wgt if isinstance(wgt, int) else wgt[:, None]
        self._parts.append(part.reshape(-1, 5))

    def rows(self) -> Rows:
        """Return the table of all instructions in order, FINISH last."""
        if not self._parts:
            self._parts.append(np.zeros((0, 5), np.int64))
        calls = np.concatenate(self._parts)
        calls = calls[np.argsort(calls[:, 0])]
        numbers, a, b, wgt = calls[:, 1:].T
        templates = np.array([*self._templates, [0] * WIDTH], np.int64)
        rows = templates[np.append(numbers, -1)]
        body = rows[:-1]
        body[:, Effect.LOW : Effect.HIGH + 1] += a[:, None]
        gemms = body[:, Effect.INP_HIGH] >= body[:, Effect.INP_LOW]
        body[gemms, Effect.INP_LOW : Effect.INP_HIGH + 1] += b[gemms, None]
        body[gemms, Effect.WGT_LOW : Effect.WGT_HIGH + 1] += wgt[gemms, None]
        nests = body[:, Effect.KERNEL] >= 0
        body[~nests, Column.SRAM_BASE] += a[~nests]
        body[~nests, Column.DRAM_BASE] += b[~nests]
        body[nests, Effect.KERNEL] = self._kernels(numbers[nests], calls[nests, 2:])
        rows[-1, [Column.OPCODE, Effect.ACTION, Effect.KERNEL]] = Opcode.FINISH, Action.FINISH, -1
        rows[-1, [Effect.INP_HIGH, Effect.WGT_HIGH]] = -1
        return rows

    def _nest(
        self, opcode: Opcode, last: tuple[int, int, int], fold: Fold, *, reads: bool = False
    ) -> int:
        """Add a template of a loop nest; `last` are the fields after the nest's own."""
        sums, inputs, weights = fold.spans
        read = (*inputs, *weights) if reads else _NOTHING
        return self._template(
            opcode, (0, 0, *_loops(fold), *last), Action.COMPUTE, sums, read, fold
        )

    def _template(
        self,
        opcode: Opcode,
        fields: tuple[int, ...],
        action: int,
        span: tuple[int, int],
        read: tuple[int, ...] = _NOTHING,
        fold: Fold | None = None,
    ) -> int:
        kernel = -1 if fold is None else 0
        self._templates.append([opcode, 0, 0, 0, 0, *fields, action, *span, *read, kernel])
        self._offsets.append(None if fold is None else _offsets(fold))
        return len(self._templates) - 1

    def _kernels(self, numbers: Rows, places: Rows) -> Rows:
        """Return the kernel of each instruction, given its template and the indices to add."""
        assert np.abs(places).max(initial=0) < _STEPS, "an index that no memory has"
        at = (places[:, 0] << 42) + (places[:, 1] << 21) + places[:, 2]
        _, at = np.unique(at, return_inverse=True)
        _, first, which = np.unique(
            numbers * (len(at) + 1) + at, return_index=True, return_inverse=True
        )
        by_content: dict[bytes, int] = {}
        found = []
        for template, place in zip(numbers[first].tolist(), places[first], strict=True):
            offsets = self._offsets[template]
            assert offsets is not None
            uops = offsets + place
            content = uops.tobytes()
            if content not in by_content:
                by_content[content] = len(self.kernels)
                self.kernels.append(uops)
            found.append(by_content[content])
        self._check_sources(np.concatenate([np.zeros((0, 3), np.int64), *self.kernels]))
        return np.array(found, np.int64)[which]

    def _check_sources(self, uops: Rows) -> None:
        limit = self.limits.factors[1]
        highest = uops[:, 1].max(initial=0)
        if highest >= limit:
            raise LoweringError(
                f"expected sums that the ALU reads among the first {limit}, which is what a "
                f"micro-op can name, got index {highest}",
                hint="compute smaller tiles",
            )


def _loops(fold: Fold) -> tuple[int, ...]:
    out, in_ = fold.out_factors, fold.in_factors
    return fold.iter_out, fold.iter_in, out[0], in_[0], out[1], in_[1]


def _weights(fold: Fold) -> tuple[int, int]:
    return fold.out_factors[2], fold.in_factors[2]


@lru_cache(4096)
def _offsets(fold: Fold) -> Rows:
    """Return the micro-ops of `fold` as an array, kept because candidates share many folds."""
    return np.array(fold.offsets, np.int64)
