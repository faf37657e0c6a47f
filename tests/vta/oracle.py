"""Runs a program in plain Python, one element at a time, without code of the simulator.

It takes decoded instructions in an order that is legal and a DRAM image as a bytearray.
"""

from collections.abc import Sequence

from autosched.vta import Memory, VTAConfig
from autosched.vta.isa.instructions import Alu, AluOp, Gemm, Instruction, Load, Store


def run(instructions: Sequence[Instruction], dram: bytearray, config: VTAConfig) -> None:
    state = {
        memory: [bytes(config.element_bytes(memory))] * config.depth(memory)
        for memory in (Memory.UOP, Memory.WGT, Memory.INP, Memory.ACC)
    }
    for instruction in instructions:
        if isinstance(instruction, Load) and instruction.x_size:
            _load(instruction, state[instruction.memory], dram, config)
        elif isinstance(instruction, Store) and instruction.x_size:
            _store(instruction, state[Memory.ACC], dram, config)
        elif isinstance(instruction, Gemm | Alu):
            _compute(instruction, state, config)


def _load(load: Load, memory: list[bytes], dram: bytearray, config: VTAConfig) -> None:
    size = config.element_bytes(load.memory)
    at = load.sram_base
    for y in range(-load.y_pad_0, load.y_size + load.y_pad_1):
        for x in range(-load.x_pad_0, load.x_size + load.x_pad_1):
            inside = 0 <= y < load.y_size and 0 <= x < load.x_size
            start = (load.dram_base + y * load.x_stride + x) * size
            memory[at] = bytes(dram[start : start + size]) if inside else bytes(size)
            at += 1


def _store(store: Store, acc: list[bytes], dram: bytearray, config: VTAConfig) -> None:
    size = config.element_bytes(Memory.OUT)
    for y in range(store.y_size):
        for x in range(store.x_size):
            start = (store.dram_base + y * store.x_stride + x) * size
            element = acc[store.sram_base + y * store.x_size + x]
            dram[start : start + size] = element[::4]


def _compute(instruction: Gemm | Alu, state: dict[Memory, list[bytes]], config: VTAConfig) -> None:
    bits = [config.log_depth(memory) for memory in (Memory.ACC, Memory.INP)]
    for out in range(instruction.iter_out):
        for inner in range(instruction.iter_in):
            for uop in range(instruction.uop_bgn, instruction.uop_end):
                word = int.from_bytes(state[Memory.UOP][uop], "little")
                dst = word % (1 << bits[0])
                dst += out * instruction.dst_factor_out + inner * instruction.dst_factor_in
                src = (word >> bits[0]) % (1 << bits[1])
                src += out * instruction.src_factor_out + inner * instruction.src_factor_in
                acc = _sums(state[Memory.ACC][dst])
                if isinstance(instruction, Alu):
                    other = [instruction.imm] * len(acc)
                    if not instruction.use_imm:
                        other = _sums(state[Memory.ACC][src])
                    acc = [_alu(instruction.op, x, y) for x, y in zip(acc, other, strict=True)]
                elif instruction.reset:
                    acc = [0] * len(acc)
                else:
                    wgt = word >> sum(bits)
                    wgt += out * instruction.wgt_factor_out + inner * instruction.wgt_factor_in
                    _gemm(acc, state[Memory.INP][src], state[Memory.WGT][wgt], config)
                state[Memory.ACC][dst] = b"".join(
                    (value % (1 << 32)).to_bytes(4, "little") for value in acc
                )


def _sums(element: bytes) -> list[int]:
    words = (element[at : at + 4] for at in range(0, len(element), 4))
    return [int.from_bytes(word, "little", signed=True) for word in words]


def _gemm(acc: list[int], inp: bytes, wgt: bytes, config: VTAConfig) -> None:
    block = config.block_in
    for row in range(config.batch):
        for channel in range(block):
            for k in range(block):
                x = int.from_bytes(inp[row * block + k : row * block + k + 1], signed=True)
                w = int.from_bytes(wgt[channel * block + k : channel * block + k + 1], signed=True)
                acc[row * block + channel] += x * w


def _alu(op: AluOp, x: int, y: int) -> int:
    if op is AluOp.MIN:
        return min(x, y)
    if op is AluOp.MAX:
        return max(x, y)
    if op is AluOp.ADD:
        return x + y
    if op is AluOp.MUL:
        return x * y
    return x >> (y % 32) if y >= 0 else x << (-y % 32)
