"""The backend of the interpreter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Self

import numpy as np

from autosched.backends.base import Args, Backend
from autosched.backends.form import WorkloadForm
from autosched.backends.kernel import SimulatedKernel, constant_signature, without_sizes
from autosched.backends.reporter import Reporter
from autosched.errors import AutoschedError, TargetError
from autosched.ir.interpreter import Interpreter
from autosched.ir.stmt import Function
from autosched.lowering.lower import lower
from autosched.measure.builder import NativeBuilder
from autosched.measure.case import Case
from autosched.measure.outcome import Outcome
from autosched.runtime.signature import Signature
from autosched.schedule.schedule import Schedule
from autosched.schedule.sketch import Sketch
from autosched.schedule.trace import from_json, replay
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.generate import PLAIN, Space
from autosched.te import dag, serialize
from autosched.te.bounds import OutOfRange
from tests.backends.interpreter.iterations import iterations
from tests.measure.replay import ReplayMeasurer


@dataclass(frozen=True)
class InterpreterMachine:
    kind: ClassVar[str] = "interpreter"

    def __str__(self) -> str:
        return self.kind


class InterpreterKernel(SimulatedKernel):
    """A loop nest that is interpreted when it is called."""

    def __init__(self, function: Function, signature: Signature):
        super().__init__(signature)
        self.function = function

    def results(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        left = iter(inputs)
        arrays = [
            np.zeros(param.shape, param.dtype) if param.is_output else next(left)
            for param in self.signature.params
        ]
        Interpreter(self.function)(arrays)
        pairs = zip(self.signature.params, arrays, strict=True)
        return [array for param, array in pairs if param.is_output]


class InterpreterReporter(Reporter[InterpreterMachine]):
    def code(self, name: str, form: WorkloadForm, schedule: Schedule) -> str:
        function = lower(schedule, form.workload.tensors)
        return f"# {iterations(function.body)} iterations\n{function}"


@dataclass(frozen=True)
class InterpreterBackend(Backend):
    machine: InterpreterMachine

    kind = "interpreter"
    is_deterministic = True
    batch = 4

    @classmethod
    def parse(cls, text: str) -> Self:
        if text != cls.kind:
            raise TargetError(f"expected the target interpreter without options, got {text!r}")
        return cls(InterpreterMachine())

    def space(self, form: WorkloadForm) -> Space:
        """Return the plain loops, and data axes split with the inner loops unrolled."""
        builder = SketchBuilder(form.workload.outputs)
        stage = builder.schedule[form.workload.outputs[0]]
        for axis in stage.op.axis:
            factor = builder.decide(f"{axis.name}.tile", "tile", (1, 2, 4), 2)
            _, inner = builder.split(stage, axis, factor)
            builder.unroll(stage, inner)
        return Space([builder.sketch("unrolled"), PLAIN], [])

    def features(self, form: WorkloadForm, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        """Return how many points are unrolled, and whether any are."""
        product = np.prod(vectors, axis=1, dtype=np.float32)
        return np.stack([np.log2(product), np.full_like(product, len(sketch.steps))], axis=1)

    def measurer(
        self, form: WorkloadForm, sizes: Mapping[str, int], in_network: bool = False
    ) -> ReplayMeasurer:
        text = serialize.to_json(form.workload.tensors)
        case = Case(NativeBuilder().reference(text, sizes))
        return ReplayMeasurer(partial(self._outcome, case))

    def _outcome(self, case: Case, workload: str, trace: str) -> Outcome:
        tensors = serialize.from_json(workload)
        try:
            kernel = self.build(replay(dag.outputs(tensors), from_json(trace)), tensors)
        except AutoschedError as error:
            return Outcome("build_error", error.message)
        results = kernel.results(case.inputs)
        for expected, got in zip(case.expected, results, strict=True):
            if mistake := expected.difference(got):
                return Outcome("wrong_result", mistake)
        return Outcome("ok", "", (float(iterations(kernel.function.body)),))

    def build(
        self, schedule: Schedule, args: Args, name: str = "main", bounds: OutOfRange = "check"
    ) -> InterpreterKernel:
        tensors = without_sizes(args)
        function = lower(schedule, tensors, name, "trust")
        return InterpreterKernel(function, constant_signature(tensors, name))

    @property
    def reporter(self) -> InterpreterReporter:
        return InterpreterReporter(self.machine)
