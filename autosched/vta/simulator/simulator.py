"""The functional simulator: a stream of bytes and a DRAM image in, results in that image."""

from __future__ import annotations

import numpy as np

from autosched.errors import AcceleratorError
from autosched.vta.config import Memory, VTAConfig, checked
from autosched.vta.isa import Alu, Gemm, Load, Store, decode
from autosched.vta.isa.bytes import stream_of
from autosched.vta.simulator.core import Core
from autosched.vta.simulator.counters import Counters
from autosched.vta.simulator.nest import Nest, nest_of
from autosched.vta.simulator.numpy_core import NumpyCore
from autosched.vta.simulator.order import Step, legal_order
from autosched.vta.simulator.quick import quick_program
from autosched.vta.simulator.state import Array, State
from autosched.vta.simulator.strict import StrictCheck
from autosched.vta.simulator.transfer import check_areas, load, padded_shape, store

UOP_LIMIT = 1 << 28

STRICT_UOP_LIMIT = 1 << 25
"""A strict run takes about 0.25 us for each micro-op, and 84 bytes while its instruction runs."""

_MOST_PRODUCTS = 1 << 14
"""Of a micro-op, in compiled code."""


class Simulator:
    """Runs programs of one configuration, bit by bit as the reference simulator does.

    `strict` refuses a program that implementations may run differently, see `StrictCheck`,
    and costs some time. Without `native` NumPy computes instead of compiled code. A program
    of more than `uop_limit` micro-ops is refused, so that a corrupted one cannot run for
    hours; None is 2^28, or 2^25 if `strict`.
    """

    def __init__(
        self,
        config: VTAConfig | None = None,
        *,
        strict: bool = False,
        native: bool = True,
        uop_limit: int | None = None,
    ):
        self._config = checked(config)
        self._strict = strict
        self._native = native
        usual = STRICT_UOP_LIMIT if strict else UOP_LIMIT
        self._uop_limit = usual if uop_limit is None else uop_limit

    def run(self, instructions: bytes, dram: Array) -> Counters:
        """Run a program on `dram`, a contiguous uint8 array, in place; count what it does.

        The memories on the chip start as zeros. Raises `AcceleratorError` naming the
        instruction where the stream is none, waits for ever, or reaches outside of a memory;
        stores that ran before it have changed `dram`.
        """
        _check_image(dram)
        instructions = stream_of(instructions)
        if self._native and not self._strict and _is_compiled(self._config):
            program = quick_program(instructions, self._config, dram.size, self._uop_limit)
            if program is not None:
                from autosched.vta.simulator.quick_run import run_quickly  # late: it loads LLVM

                return run_quickly(program, instructions, State(self._config), dram)
        steps = legal_order(decode(instructions, self._config))
        state = State(self._config)
        check = StrictCheck(state) if self._strict else None
        return _Run(state, dram, _core(state, self._native), check, self._uop_limit).run(steps)


class _Run:
    """One run of one program."""

    def __init__(
        self, state: State, dram: Array, core: Core, check: StrictCheck | None, uop_limit: int
    ):
        self._state = state
        self._dram = dram
        self._core = core
        self._check = check
        self._uops_left = uop_limit
        self._counters = Counters()

    def run(self, steps: list[Step]) -> Counters:
        for step in steps:
            self._step(step)
        if self._check is not None:
            self._check.finish(steps)
        return self._counters

    def _step(self, step: Step) -> None:
        instruction = step.instruction
        nest = None
        if isinstance(instruction, Gemm | Alu):
            nest = nest_of(self._state, instruction, step.name)
            self._spend(nest)
        elif isinstance(instruction, Load | Store) and instruction.x_size:
            check_areas(self._state, instruction, self._dram, step.name)
        if self._check is not None:
            self._check.step(step, nest)
        if isinstance(instruction, Load):
            self._load(instruction)
        elif isinstance(instruction, Store):
            self._store(instruction)
        elif isinstance(instruction, Gemm | Alu) and nest is not None and nest.count:
            self._compute(instruction, nest)

    def _load(self, instruction: Load) -> None:
        if not instruction.x_size:
            return
        moved = load(self._state, instruction, self._dram)
        counters = self._counters
        height, width = padded_shape(instruction)
        if instruction.memory is Memory.INP:
            counters.inp_load_nbytes += moved
            self._core.inputs_loaded(instruction.sram_base, height * width)
        elif instruction.memory is Memory.WGT:
            counters.wgt_load_nbytes += moved
            self._core.weights_loaded(instruction.sram_base, height * width)
        elif instruction.memory is Memory.ACC:
            counters.acc_load_nbytes += moved
        else:
            counters.uop_load_nbytes += moved

    def _store(self, instruction: Store) -> None:
        if instruction.x_size:
            self._counters.out_store_nbytes += store(self._state, instruction, self._dram)

    def _compute(self, instruction: Gemm | Alu, nest: Nest) -> None:
        if isinstance(instruction, Alu):
            self._counters.alu_counter += nest.count
            self._core.alu(nest, instruction)
        elif instruction.reset:
            self._core.reset(nest)
        else:
            self._counters.gemm_counter += nest.count
            self._core.gemm(nest)

    def _spend(self, nest: Nest) -> None:
        if nest.count > self._uops_left:
            raise AcceleratorError(
                f"{nest.name}: expected at most {self._uops_left} more micro-ops, got {nest.count}",
                hint="a larger uop_limit lets a longer program run; strict runs, which are slow, "
                "have a lower one by default",
            )
        self._uops_left -= nest.count


def _core(state: State, native: bool) -> Core:
    if not native or not _is_compiled(state.config):
        return NumpyCore(state)
    from autosched.vta.simulator.native_core import NativeCore  # late: it loads LLVM

    return NativeCore(state)


def _is_compiled(config: VTAConfig) -> bool:
    """Whether there is compiled code: it takes pairs of input channels, and is written out.

    The code of large elements takes seconds to make; NumPy is at its best with them.
    """
    return config.block_in >= 2 and config.batch * config.block_in**2 <= _MOST_PRODUCTS


def _check_image(dram: Array) -> None:
    whole = isinstance(dram, np.ndarray) and dram.dtype == np.uint8 and dram.ndim == 1
    if not whole or not dram.flags.c_contiguous or not dram.flags.writeable:
        raise AcceleratorError(
            "expected the DRAM image as a writable contiguous one-dimensional uint8 array, "
            f"got {_described(dram)}"
        )


def _described(dram: object) -> str:
    if not isinstance(dram, np.ndarray):
        return f"a {type(dram).__name__}"
    return f"{dram.dtype} of shape {dram.shape}"
