"""The emitter: instructions from folded nests and transfers at given places."""

from __future__ import annotations

from autosched.errors import LoweringError
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa import AluOp, Opcode
from autosched.vta.lowering.fold import Fold, Limits
from autosched.vta.lowering.stream import Draft, Kernel, Stream
from autosched.vta.lowering.transfer import Transfer
from autosched.vta.lowering.uops import capacity


class Emitter:
    """Appends instructions to a stream; micro-ops that are equal become one kernel."""

    def __init__(self, config: VTAConfig):
        self.stream = Stream()
        self.limits = Limits(
            capacity(config),
            (
                config.depth(Memory.ACC),
                config.depth(Memory.INP),
                config.depth(Memory.WGT),
            ),
        )
        self._by_place: dict[tuple[Fold, int, int, int], Kernel] = {}
        self._by_content: dict[tuple[tuple[int, int, int], ...], Kernel] = {}

    def gemm(self, fold: Fold, dst: int, src: int, wgt: int) -> None:
        """Multiply and add."""
        spans = fold.spans
        read = (
            (Memory.INP, src + spans[1][0], src + spans[1][1]),
            (Memory.WGT, wgt + spans[2][0], wgt + spans[2][1]),
        )
        kernel = self._kernel(fold, dst, src, wgt)
        draft = Draft(Opcode.GEMM, (0,), _nest(fold) + _weights(fold), kernel)
        self.stream.compute(draft, _sums(fold, dst), read)

    def reset(self, fold: Fold, dst: int) -> None:
        """Set sums to zero."""
        kernel = self._kernel(fold, dst, 0, 0)
        draft = Draft(Opcode.GEMM, (1,), _nest(fold) + _weights(fold), kernel)
        self.stream.compute(draft, _sums(fold, dst))

    def immediate(self, op: AluOp, value: int, fold: Fold, dst: int) -> None:
        """An operation with a constant; the nest's source is its target."""
        kernel = self._kernel(fold, dst, dst, 0)
        draft = Draft(Opcode.ALU, (), (*_nest(fold), op, 1, value), kernel)
        self.stream.compute(draft, _sums(fold, dst))

    def tensor(self, op: AluOp, fold: Fold, dst: int, src: int) -> None:
        """An operation with other sums."""
        kernel = self._kernel(fold, dst, src, 0)
        draft = Draft(Opcode.ALU, (), (*_nest(fold), op, 0, 0), kernel)
        self.stream.compute(draft, _sums(fold, dst))

    def load(self, memory: Memory, transfer: Transfer, sram: int, dram: int) -> None:
        """From DRAM."""
        low, high = sram + transfer.sram, sram + transfer.last
        values = (
            memory, low, dram + transfer.dram, transfer.y, transfer.x, transfer.stride,
            *transfer.pads,
        )  # fmt: skip
        if memory is Memory.ACC:
            self.stream.compute(Draft(Opcode.LOAD, values), (memory, low, high))
        else:
            self.stream.load(Draft(Opcode.LOAD, values), (memory, low, high))

    def store(self, transfer: Transfer, sram: int, dram: int) -> None:
        """To DRAM."""
        low, high = sram + transfer.sram, sram + transfer.last
        values = (
            Memory.OUT, low, dram + transfer.dram, transfer.y, transfer.x, transfer.stride,
            *transfer.pads,
        )  # fmt: skip
        self.stream.store(Draft(Opcode.STORE, values), (Memory.ACC, low, high))

    def finish(self) -> None:
        """The end of the program."""
        self.stream.finish(Draft(Opcode.FINISH, ()))
        self.stream.check_tokens()

    def _kernel(self, fold: Fold, dst: int, src: int, wgt: int) -> Kernel:
        place = (fold, dst, src, wgt)
        kernel = self._by_place.get(place)
        if kernel is None:
            uops = tuple([(a + dst, b + src, c + wgt) for a, b, c in fold.offsets])
            self._check_sources(uops)
            kernel = self._by_content.setdefault(uops, Kernel(uops))
            self._by_place[place] = kernel
        return kernel

    def _check_sources(self, uops: tuple[tuple[int, int, int], ...]) -> None:
        limit = self.limits.factors[1]
        highest = max(uop[1] for uop in uops)
        if highest >= limit:
            raise LoweringError(
                f"expected sums that the ALU reads among the first {limit}, which is what a "
                f"micro-op can name, got index {highest}",
                hint="compute smaller tiles",
            )


def _nest(fold: Fold) -> tuple[int, ...]:
    out, in_ = fold.out_factors, fold.in_factors
    return fold.iter_out, fold.iter_in, out[0], in_[0], out[1], in_[1]


def _weights(fold: Fold) -> tuple[int, int]:
    return fold.out_factors[2], fold.in_factors[2]


def _sums(fold: Fold, dst: int) -> tuple[Memory, int, int]:
    low, high = fold.spans[0]
    return Memory.ACC, dst + low, dst + high
