"""The requests of workers for an accelerator: lower, simulate and time a candidate.

The simulator runs every candidate on the same inputs; the expected outputs are computed once.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from autosched.backends.vta.machine import config_of, cycles_on, nanoseconds
from autosched.backends.vta.measure.warm import small_program
from autosched.backends.vta.packed.layout import extents
from autosched.backends.vta.target import VtaTarget
from autosched.errors import AcceleratorError
from autosched.measure.case import Case, Reference
from autosched.measure.outcome import Outcome
from autosched.measure.tasks import Tasks, refusing_errors
from autosched.measure.verify import POISON
from autosched.schedule.trace import from_json, replay
from autosched.te import dag, serialize
from autosched.te.evaluate import evaluate
from autosched.te.tensor import Tensor
from autosched.vta.lowering import Program, lower_vta
from autosched.vta.simulator import Simulator
from autosched.vta.simulator.simulator import STRICT_UOP_LIMIT

_SEED = 20

COLLECT_AFTER = 32
"""Candidates between two collections of garbage in a worker."""


class VtaBuilder:
    """Computes references by evaluating the expression, and programs by lowering it."""

    def reference(
        self,
        workload: str,
        sizes: Mapping[str, int],
        given: Mapping[int, np.ndarray] = MappingProxyType({}),
    ) -> Reference:
        tensors = _parsed(workload)
        inputs = [tensor for tensor in tensors if tensor in dag.inputs(tensors)]
        values = {tensor: random_input(tensor, number) for number, tensor in enumerate(inputs)}
        computed = dag.outputs(tensors)
        answers = dict(zip(computed, evaluate(computed, values), strict=True))
        return Reference.of(tensors, values, answers, tolerance=0.0)

    def compile(self, workload: str, trace: str, target: str, threads: int) -> Program:
        """Return the program of a candidate. Raises AutoschedError if it has none."""
        machine = VtaTarget.parse(target)
        tensors = _parsed(workload)
        schedule = replay(dag.outputs(tensors), from_json(trace))
        return lower_vta(schedule, tensors, config_of(machine))


@lru_cache(maxsize=1)
def _parsed(workload: str) -> list[Tensor]:
    """Return the tensors of a workload, kept for its other candidates."""
    return serialize.from_json(workload)


class SimulatorTasks(Tasks):
    """Adds the request to simulate a candidate."""

    _simulated = 0

    def __init__(self, builder: str, memory_bytes: int, pin: bool):
        super().__init__(builder, memory_bytes, pin)
        machine = VtaTarget()
        outcome_of(*small_program(config_of(machine)), str(machine))

    def _do_simulate(
        self, workload: str, trace: str, target: str, folder: str, strict: bool = False
    ) -> dict[str, Any]:
        # A search of all objects for cycles amid a candidate costs a tenth of the time.
        gc.disable()
        self._simulated += 1
        if self._simulated % COLLECT_AFTER == 0:
            gc.collect()
        start = time.perf_counter()
        with refusing_errors():
            program: Any = self._builder.compile(workload, trace, target, threads=1)
        build_ms = (time.perf_counter() - start) * 1e3
        case = self._loaded(folder)
        outcome = outcome_of(program, case, target, build_ms)
        doubt = disagreement(program, case) if strict and outcome.ok else None
        if doubt:
            outcome = Outcome("wrong_result", doubt, build_ms=build_ms)
        return outcome.to_plain()


def outcome_of(program: Program, case: Case, target: str, build_ms: float = 0.0) -> Outcome:
    """Run a program on the arguments of a case; return its time if the results are right.

    If the simulator refuses the program, the outcome is `crashed`: it would deadlock, or access
    memory out of bounds.
    """
    machine = VtaTarget.parse(target)
    try:
        mistake = difference(program, case)
        if mistake:
            return Outcome("wrong_result", mistake, build_ms=build_ms)
        total = cycles_on(machine, program.instructions).total
    except AcceleratorError as error:
        return Outcome("crashed", str(error), build_ms=build_ms)
    return Outcome("ok", "", (nanoseconds(machine, total),), build_ms)


def difference(program: Program, case: Case) -> str | None:
    """Return the first wrong value in DRAM after a run, in a sentence; None if all are right."""
    dram = program.image(case.inputs)
    outputs = [place for place in program.places if place.is_output]
    for place in outputs:
        dram[place.base : place.base + place.bytes] = POISON
    before = dram.copy()
    Simulator(program.config).run(program.instructions, dram)
    for expected, got in zip(case.expected, program.outputs(dram), strict=True):
        mistake = expected.difference(got)
        if mistake:
            return mistake
    for place in outputs:
        before[place.base : place.base + place.bytes] = dram[place.base : place.base + place.bytes]
    if not np.array_equal(before, dram):
        written = int(np.argmax(before != dram))
        return f"expected writes to outputs alone, got one to byte {written} of the DRAM"
    return None


def disagreement(program: Program, case: Case) -> str | None:
    """Return why some implementation of VTA may run a right program differently; None if none may.

    Programs that are too long for a strict run are not checked.
    """
    counters = Simulator(program.config).run(program.instructions, program.image(case.inputs))
    if counters.gemm_counter + counters.alu_counter > STRICT_UOP_LIMIT // 2:  # sums are reset too
        return None
    strict = Simulator(program.config, strict=True)
    try:
        strict.run(program.instructions, program.image(case.inputs))
    except AcceleratorError as error:
        return f"not the same on every implementation: {error.message}"
    return None


def random_input(tensor: Tensor, number: int) -> np.ndarray:
    """Return random values for input `number` of a packed workload, equal in every process.

    Bytes are from -32 to 31, so that sums of some hundred products, shifted right by 8, are
    spread over the range of bytes; 32-bit numbers have magnitudes of 7 to 15 bits.
    """
    shape = extents(tensor)
    rng = np.random.default_rng((_SEED, number))
    if tensor.dtype.name == "int8":
        return rng.integers(-32, 32, shape, np.int8)
    values = rng.integers(-128, 128, shape) << rng.integers(0, 9, shape)
    return values.astype(tensor.dtype.name)
