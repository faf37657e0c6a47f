"""A stream of instructions as the engine wants it: queues, tokens and costs, no objects.

Only the fields that cost time are read, so a program of 300 instructions takes a fraction
of a millisecond; `autosched.vta.isa.decode` takes over where something is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from autosched.errors import AcceleratorError
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa import INSTRUCTION_BYTES, AluOp, Opcode, decode
from autosched.vta.isa.bytes import stream_of
from autosched.vta.isa.fields import layouts
from autosched.vta.timing.preset import Bus, Preset
from autosched.vta.timing.transfers import Shape, Transfer, transfer

LOAD, COMPUTE, STORE = range(3)
UNITS = ("load", "compute", "store")

QUEUES = ("load to compute", "compute to load", "compute to store", "store to compute")
"""The four queues of tokens, under their numbers."""

_POPS = ((None, 1), (0, 3), (2, None))
_PUSHES = ((None, 0), (1, 2), (3, None))
"""For each unit, the queue from or to its previous and its next neighbour."""


def _tokens(unit: int, flags: int) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The queues that an instruction pops and pushes; none where a neighbour is missing."""
    queues = (*_POPS[unit], *_PUSHES[unit])
    named = [queue for bit, queue in enumerate(queues) if flags >> bit & 1]
    if None in named:
        return None
    pops, pushes = (
        tuple(q for bit, q in enumerate(side, start) if q is not None and flags >> bit & 1)
        for start, side in ((0, queues[:2]), (2, queues[2:]))
    )
    return pops, pushes


_TOKENS = [[_tokens(unit, flags) for flags in range(16)] for unit in range(3)]

_CLIENTS = {Memory.UOP: "uop", Memory.WGT: "wgt", Memory.INP: "inp", Memory.ACC: "acc"}
_TRANSFER = ("memory", "sram_base", "dram_base", "y_size", "x_size", "x_stride")
_PADS = ("y_pad_0", "y_pad_1", "x_pad_0", "x_pad_1")
_NEST = ("uop_bgn", "uop_end", "iter_out", "iter_in")


@dataclass(slots=True)
class Program:
    """Lists with an entry for each instruction.

    `pops` and `pushes` are numbers of `QUEUES`; `cycles` the duration of what does not read
    DRAM; `clients` and `transfers` say what does; `beats_out` counts the beats a store
    writes, `uops` the micro-ops of a GEMM or an ALU instruction.
    """

    kinds: list[str] = field(default_factory=list)
    units: list[int] = field(default_factory=list)
    pops: list[tuple[int, ...]] = field(default_factory=list)
    pushes: list[tuple[int, ...]] = field(default_factory=list)
    cycles: list[int] = field(default_factory=list)
    clients: list[str] = field(default_factory=list)
    transfers: list[Transfer | None] = field(default_factory=list)
    beats_out: list[int] = field(default_factory=list)
    uops: list[int] = field(default_factory=list)


class Reader:
    """Reads programs for one configuration and preset."""

    def __init__(self, config: VTAConfig, preset: Preset):
        self.config = config
        self.preset = preset
        self.transfer = self._places(Opcode.LOAD, *_TRANSFER, *_PADS)
        self.gemm = self._places(Opcode.GEMM, *_NEST, "reset", "reset")
        self.alu = self._places(Opcode.ALU, *_NEST, "use_imm", "op")
        self.depth = [config.depth(memory) for memory in Memory]
        self.element_bytes = [config.element_bytes(memory) for memory in Memory]
        self.row_bytes = self.element_bytes[Memory.OUT] // config.batch
        memory = preset.memory
        self.burst_beats = memory.burst_beats if isinstance(memory, Bus) else 1 << 30

    def _places(self, opcode: Opcode, *names: str) -> list[tuple[int, int]]:
        """Shift and mask of the named fields."""
        found = {field.name: field for field in layouts(self.config)[opcode]}
        return [(found[name].low, (1 << found[name].width) - 1) for name in names]

    def read(self, data: bytes) -> Program:
        """The program in `data`.

        Raises `AcceleratorError` naming the instruction when it does not decode, waits for a
        neighbour its unit has not, lies outside a buffer or repeats nothing, and when FINISH
        is not the last one or the only one.
        """
        data = stream_of(data)
        if not data or len(data) % INSTRUCTION_BYTES:
            decode(data, self.config)
            raise AcceleratorError("expected a program that ends in FINISH, got no instruction")
        program = Program()
        for index, at in enumerate(range(0, len(data), INSTRUCTION_BYTES)):
            word = int.from_bytes(data[at : at + INSTRUCTION_BYTES], "little")
            opcode = word & 7
            if opcode <= Opcode.STORE:
                self._transfer(program, word, index)
            elif opcode == Opcode.GEMM or opcode == Opcode.ALU:
                self._nest(program, word, index)
            elif opcode == Opcode.FINISH and at + INSTRUCTION_BYTES == len(data):
                self._add(program, word, index, "FINISH", COMPUTE, self.preset.compute.finish)
            else:
                decode(data[: at + INSTRUCTION_BYTES], self.config)
                raise AcceleratorError(
                    f"instruction {index} (FINISH): expected nothing after it, "
                    f"got {len(data) // INSTRUCTION_BYTES - 1 - index} instructions"
                )
        if program.kinds[-1] != "FINISH":
            raise AcceleratorError(
                f"instruction {len(program.kinds) - 1} ({program.kinds[-1]}): expected FINISH "
                "to be the last one",
                hint="without it the host waits for ever",
            )
        return program

    def _transfer(self, program: Program, word: int, index: int) -> None:
        memory, sram, dram, rows, columns, stride, top, bottom, left, right = [
            (word >> low) & mask for low, mask in self.transfer
        ]
        store = word & 7 == Opcode.STORE
        known = memory in _CLIENTS or (store and memory == Memory.OUT)
        if not known or (store and columns and memory != Memory.OUT):
            raise AcceleratorError(
                f"instruction {index} ({'STORE' if store else 'LOAD'}): expected memory "
                f"{'OUT (4)' if store else 'UOP, WGT, INP or ACC (0 to 3)'}, got {memory}"
            )
        unit = STORE if store else LOAD if memory in (Memory.INP, Memory.WGT) else COMPUTE
        if columns == 0:
            self._add(program, word, index, "SYNC", unit, self.preset.compute.sync)
            return
        if store:
            top = bottom = left = right = 0
        width, height = left + columns + right, top + rows + bottom
        if rows == 0 or sram + width * height > self.depth[memory]:
            name = f"instruction {index} ({'STORE' if store else 'LOAD'})"
            if rows == 0:
                raise AcceleratorError(f"{name}: expected a y_size of 1 or more, got 0")
            raise AcceleratorError(
                f"{name}: expected {Memory(memory).name} elements below {self.depth[memory]}, "
                f"got {height} rows of {width} from {sram}"
            )
        element_bytes = self.element_bytes[memory]
        moved = transfer(
            Shape(rows, columns, stride, top, bottom, left, right),
            dram * element_bytes % (self.burst_beats * self.config.bus_bytes),
            element_bytes,
            self.row_bytes,
            self.config.bus_bytes,
            self.burst_beats,
        )
        if store:
            costs = self.preset.store
            cycles = (
                costs.start
                + costs.per_row * rows
                + costs.per_burst * len(moved.bursts)
                + costs.per_beat * moved.beats
                + costs.per_vector * moved.vectors
            )
            self._add(program, word, index, "STORE", unit, cycles, beats_out=moved.beats)
        else:
            client = _CLIENTS[Memory(memory)]
            self._add(program, word, index, f"LOAD {client.upper()}", unit, 0, client, moved)

    def _nest(self, program: Program, word: int, index: int) -> None:
        gemm = word & 7 == Opcode.GEMM
        begin, end, outer, inner, option, op = [
            (word >> low) & mask for low, mask in (self.gemm if gemm else self.alu)
        ]
        if op > AluOp.MUL:
            raise AcceleratorError(f"instruction {index} (ALU): expected op 0 to 4, got {op}")
        count = (end - begin) * outer * inner
        if count <= 0 or end > self.depth[Memory.UOP]:
            name = f"instruction {index} ({'GEMM' if gemm else 'ALU'})"
            if count <= 0:
                raise AcceleratorError(
                    f"{name}: expected iterations and micro-ops of 1 or more, "
                    f"got {outer} x {inner} of micro-ops {begin} to {end}",
                    hint="the hardware's counters run through 0",
                )
            raise AcceleratorError(
                f"{name}: expected micro-ops below {self.depth[Memory.UOP]}, got {begin} to {end}"
            )
        costs = self.preset.compute
        if gemm:
            kind, cycles = "GEMM", costs.gemm + costs.gemm_uop * count
            kind = "RESET" if option else kind
        else:
            each = costs.alu_imm_uop if option else costs.alu_tensor_uop
            kind, cycles = "ALU", costs.alu + each * count
        self._add(program, word, index, kind, COMPUTE, cycles, uops=count)

    def _add(
        self,
        program: Program,
        word: int,
        index: int,
        kind: str,
        unit: int,
        cycles: float,
        client: str = "",
        moved: Transfer | None = None,
        beats_out: int = 0,
        uops: int = 0,
    ) -> None:
        tokens = _TOKENS[unit][(word >> 3) & 15]
        if tokens is None:
            raise AcceleratorError(
                f"instruction {index} ({kind}): expected no token from or to a "
                f"{'previous' if unit == LOAD else 'next'} unit, got one",
                hint="the units stand in the order load, compute, store",
            )
        program.kinds.append(kind)
        program.units.append(unit)
        program.pops.append(tokens[0])
        program.pushes.append(tokens[1])
        program.cycles.append(round(cycles))
        program.clients.append(client)
        program.transfers.append(moved)
        program.beats_out.append(beats_out)
        program.uops.append(uops)
