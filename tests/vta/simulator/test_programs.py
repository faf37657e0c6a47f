"""Programs whose results the reference simulator and the hardware description agree on."""

import numpy as np
import pytest

from autosched.vta import Memory, Simulator, VTAConfig, decode
from autosched.vta.isa.instructions import Load, Store
from tests.vta.programs import Program, programs, resnet18

CONFIG = VTAConfig()

# Bytes that a board's performance counters saw for two layers, keyed by data and kernel:
# inputs with weights, micro-ops, sums, outputs.
BOARD = {
    (4, 4, 3): (745_472, 480, 1_792, 200_704),
    (32, 32, 3): (2_409_472, 2_776, 2_048, 25_088),
}


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("program", programs(), ids=lambda program: str(program.seed))
def test_every_program_is_exact(program: Program, native: bool) -> None:
    dram = program.image()
    Simulator(CONFIG, native=native).run(program.instructions, dram)
    assert program.is_right(dram)
    if program.out_bytes is not None:
        assert dram[program.out].tobytes() == program.out_bytes


@pytest.mark.parametrize("program", programs(), ids=lambda program: str(program.seed))
def test_programs_that_implementations_agree_on_pass_the_strict_check(program: Program) -> None:
    dram = program.image()
    Simulator(CONFIG, strict=True).run(program.instructions, dram)
    assert program.is_right(dram)


@pytest.mark.parametrize("layer", resnet18(), ids=lambda layer: f"{layer['data']}")
def test_real_layers_count_what_they_compute_and_move(layer: dict) -> None:
    dram = np.zeros(_image_bytes(layer["instructions"]), np.uint8)
    counters = Simulator(CONFIG).run(layer["instructions"], dram)
    _, blocks_in, height, width, _, _ = layer["data"]
    blocks_out, _, kernel, _, _, _ = layer["kernel"]
    stride = layer["stride"][0]
    pixels = -(-height // stride) * -(-width // stride)
    assert counters.gemm_counter == pixels * blocks_out * blocks_in * kernel * kernel
    assert counters.alu_counter == 4 * pixels * blocks_out
    moved = (
        counters.inp_load_nbytes + counters.wgt_load_nbytes,
        counters.uop_load_nbytes,
        counters.acc_load_nbytes,
        counters.out_store_nbytes,
    )
    key = (blocks_in, blocks_out, kernel)
    if key in BOARD and stride == 1:
        assert moved == BOARD[key]
    assert counters.out_store_nbytes == pixels * blocks_out * 16


def _image_bytes(stream: bytes) -> int:
    """The end of the last transfer, with room for outputs."""
    ends = [0]
    for instruction in decode(stream, CONFIG):
        if isinstance(instruction, Load | Store) and instruction.x_size:
            last = instruction.dram_base + (instruction.y_size - 1) * instruction.x_stride
            size = CONFIG.element_bytes(Memory(instruction.memory))
            ends.append((last + instruction.x_size) * size)
    return max(ends)
