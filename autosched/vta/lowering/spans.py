"""The ranges of values in buffers, which decide whether a cast to 8 bits may wait.

The accumulator has 32 bits, and bits are cut only by a store. So a cast to int8 in
between changes nothing where the values fit; where they may not fit, the buffer can only
be stored.
"""

from __future__ import annotations

from autosched.errors import LoweringError
from autosched.ir.expr import Buffer, Load
from autosched.ir.stmt import Store
from autosched.vta.isa.instructions import AluOp
from autosched.vta.lowering.match import AluStep, Chain

Span = tuple[int, int]

INT32: Span = (-(1 << 31), (1 << 31) - 1)


class Spans:
    """The range of values of each buffer of sums."""

    def __init__(self) -> None:
        self._known: dict[Buffer, Span] = {}
        self._uncut: set[Buffer] = set()

    def written(self, buffer: Buffer) -> None:
        """Note that `buffer` was loaded or summed: it may hold any value."""
        self._known[buffer] = INT32

    def chained(self, store: Store, work: Chain) -> None:
        """Note that the ALU computed `work`.

        Raises LoweringError where it reads values that a cast has yet to cut.
        """
        buffer, root = store.buffer, work.root
        span = self._read(root) if isinstance(root, Load) else (root, root)
        for step in work.steps:
            span = self._after(span, step)
        if isinstance(root, Load) and root.buffer is buffer:
            span = INT32
        limits = (int(buffer.dtype.min_value), int(buffer.dtype.max_value))
        if span[0] < limits[0] or span[1] > limits[1]:
            self._uncut.add(buffer)
            span = limits
        self._known[buffer] = span

    def _read(self, load: Load) -> Span:
        if load.buffer in self._uncut:
            raise LoweringError(
                f"expected values of {load.buffer.name} that fit {load.buffer.dtype} to compute "
                "with, got a cast that may cut them",
                hint="clip to the range before the cast, or cast only what is stored",
            )
        return self._known.get(load.buffer, INT32)

    def _after(self, span: Span, step: AluStep) -> Span:
        other = step.operand
        low, high = self._read(other) if isinstance(other, Load) else (other, other)
        if step.op is AluOp.MIN:
            return min(span[0], low), min(span[1], high)
        if step.op is AluOp.MAX:
            return max(span[0], low), max(span[1], high)
        if step.op is AluOp.ADD:
            new = span[0] + low, span[1] + high
        elif step.op is AluOp.SHR:
            if isinstance(other, Load):
                return min(span[0], 0), max(span[1], 0)
            shifted = [x >> other if other >= 0 else x << -other for x in span]
            new = shifted[0], shifted[1]
        else:
            corners = [a * b for a in span for b in (low, high)]
            new = min(corners), max(corners)
        return new if INT32[0] <= new[0] and new[1] <= INT32[1] else INT32
