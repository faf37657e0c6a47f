"""Rows of the table of a program, made for a test."""

import numpy as np

from autosched.codegen.native import Int64s
from autosched.vta import VTAConfig, encode
from autosched.vta.isa.instructions import Finish, Instruction
from autosched.vta.timing import load_preset
from autosched.vta.timing.costs import price
from autosched.vta.timing.preset import Bus
from autosched.vta.timing.program import TimedProgram, read_program
from autosched.vta.timing.table import WIDTH, Entry


def tsim_bus() -> Bus:
    memory = load_preset("tsim").memory
    assert isinstance(memory, Bus)
    return memory


def priced(*instructions: Instruction) -> TimedProgram:
    """Return a program with FINISH appended, priced for the engine of `tsim`."""
    config, preset = VTAConfig(), load_preset("tsim")
    program = read_program(encode([*instructions, Finish()], config), config, preset)
    price(program, preset, config)
    return program


def transfers(wishes: list[tuple[int, list[int]]]) -> tuple[Int64s, Int64s]:
    """Return the rows of transfers, by the order of their clients, and all their bursts."""
    table = np.zeros((len(wishes), WIDTH), np.int64)
    first = 0
    for row, (client, bursts) in zip(table, wishes, strict=True):
        row[Entry.CLIENT], row[Entry.FIRST], row[Entry.BURSTS] = client, first, len(bursts)
        row[Entry.BEATS] = sum(bursts)
        first += len(bursts)
    return table, np.array([burst for _, bursts in wishes for burst in bursts], np.int64)
