"""The backend of CPUs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from autosched.backends.base import Args, Backend, arguments
from autosched.backends.form import WorkloadForm
from autosched.ir.stmt import Function
from autosched.ops.instance import WorkloadInstance
from autosched.target.target import Target
from autosched.te.bounds import OutOfRange
from autosched.te.tensor import Tensor

if TYPE_CHECKING:
    import numpy as np

    from autosched.backends.cpu.reporter import CpuReporter
    from autosched.codegen.machine.linked import LinkedCode
    from autosched.measure.local import LocalMeasurer
    from autosched.measure.workers import WorkerPool
    from autosched.runtime.code import MachineCode
    from autosched.runtime.kernel import Kernel
    from autosched.runtime.plan import Plan
    from autosched.runtime.steps import StepKernel
    from autosched.schedule.schedule import Schedule
    from autosched.schedule.sketch import Sketch
    from autosched.search.space.generate import Space


@dataclass(frozen=True)
class CpuBackend(Backend):
    """Kernels are machine code, made by LLVM, and timed by workers on this machine."""

    machine: Target

    kind = "cpu"

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(Target.parse(text))

    def configured(
        self, threads: int = 0, math: str | None = None, tolerance: float | None = None
    ) -> Self:
        machine = self.machine if math is None else self.machine.with_math(math)
        machine = machine if tolerance is None else machine.with_tolerance(tolerance)
        return replace(self, machine=machine.with_threads(threads) if threads else machine)

    @property
    def threads(self) -> int:
        return self.machine.threads

    @property
    def host_cpu(self) -> str:
        return self.machine.cpu

    @property
    def key(self) -> str:
        """The text without the thread count, which a trial states by itself.

        A process kept to one core sees the same machine as one that may use all of them.
        """
        words = str(self.machine).split()
        return " ".join(word for word in words if not word.startswith("-threads="))

    def related(self) -> Iterator[tuple[str, str]]:
        """Yield this machine with the other setting of float arithmetic."""
        other = "strict" if self.machine.math == "fast" else "fast"
        yield CpuBackend(self.machine.with_math(other)).key, "tuned with other float math"

    @classmethod
    def label(cls, text: str) -> str:
        """Return the processor."""
        names = (word.removeprefix("-cpu=") for word in text.split() if word.startswith("-cpu="))
        return next(names, text)

    @classmethod
    def form_on(cls, text: str, instance: WorkloadInstance) -> WorkloadForm:
        return WorkloadForm(instance)  # on every CPU, also on one that this version does not know

    def space(self, form: WorkloadForm) -> Space:
        from autosched.search.space.generate import space

        return space(form.workload.outputs, self.machine)

    def best_guess(self, form: WorkloadForm) -> Sketch:
        from autosched.search.space.generate import best_guess

        return best_guess(form.workload.outputs, self.machine)

    def computes_together(self, outputs: Sequence[Tensor]) -> bool:
        from autosched.search.space.chain import is_masked_chain
        from autosched.search.space.planes import is_faster_in_blocks

        return is_faster_in_blocks(outputs, self.machine) or is_masked_chain(outputs, self.machine)

    def features(self, form: WorkloadForm, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        from autosched.cost_model.features import extract

        return extract(form.workload.outputs, sketch, vectors)

    def measurer(
        self, form: WorkloadForm, sizes: Mapping[str, int], in_network: bool = False
    ) -> LocalMeasurer:
        from autosched.measure.local import LocalMeasurer
        from autosched.measure.options import MeasureOptions

        given, options = form.workload.own_inputs(sizes), MeasureOptions(cold=in_network)
        return LocalMeasurer(str(self.machine), self.threads, options, sizes, given)

    def early_measurer(self, pool: WorkerPool | None = None) -> LocalMeasurer:
        from autosched.measure.local import LocalMeasurer

        return LocalMeasurer(str(self.machine), self.threads, pool=pool)

    def build(
        self, schedule: Schedule, args: Args, name: str = "main", bounds: OutOfRange = "check"
    ) -> Kernel | StepKernel:
        from autosched.building import build_schedule

        return build_schedule(
            schedule, args, self.machine, threads=self.threads, name=name, bounds=bounds
        )

    def machine_code(self, form: WorkloadForm, schedule: Schedule, name: str) -> MachineCode:
        from autosched.building import machine_code

        self.machine.check_runs_here()
        args = arguments(form)
        return machine_code(schedule, args, self.machine, threads=self.threads, name=name)

    def link(
        self, plans: Sequence[Plan], codes: Sequence[MachineCode], timed: bool = False
    ) -> LinkedCode:
        from autosched.codegen.compile import link

        return link(plans, codes, self.machine, timed=timed)

    def run_passes(self, function: Function, after: str) -> Function:
        from autosched.passes import pipeline

        return pipeline.trace(function, self.machine, after=after)[-1].function

    @property
    def reporter(self) -> CpuReporter:
        from autosched.backends.cpu.reporter import CpuReporter

        return CpuReporter(self.machine)
