"""The contract of a target: everything that the search, the API and the command line need."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from autosched.backends.form import WorkloadForm
from autosched.backends.reporter import Reporter
from autosched.errors import TargetError
from autosched.ir.expr import Var
from autosched.ir.stmt import Function
from autosched.ops.instance import WorkloadInstance
from autosched.te.bounds import OutOfRange
from autosched.te.tensor import Tensor

if TYPE_CHECKING:
    import numpy as np

    from autosched.backends.kernel import TargetKernel
    from autosched.codegen.machine.linked import LinkedCode
    from autosched.cost_model.models.boosted import BoostedParams
    from autosched.measure.measurer import Measurer
    from autosched.measure.workers import WorkerPool
    from autosched.runtime.code import MachineCode
    from autosched.runtime.plan import Plan
    from autosched.schedule.schedule import Schedule
    from autosched.schedule.sketch import Sketch
    from autosched.search.space.generate import Space

Args = Sequence[Tensor | Var]
"""The arguments of a kernel, in order: tensors, and the symbolic sizes of their shapes."""


@dataclass(frozen=True)
class Backend(ABC):
    """A machine that kernels are made for, and how to search schedules for it.

    `machine` is its description: plain data with a `kind`. Its `str` is a text from which
    `parse` makes an equal backend, on every computer. A backend is immutable, and several
    threads may use it. `backends.parse.parse` makes one from a text,
    `backends.parse.as_backend` from a description; `backends.kinds.register_backend` adds a
    kind.

    A subclass must define the abstract methods; the others have a default that suits a target
    which computes the user's own tensors. `autosched.backends.conformance` tests all of it.

    Schedules are made for the tensors in `WorkloadForm.workload`. Arrays of candidates have the
    shape (n, d): n vectors of a sketch's d decisions.
    """

    machine: Any

    kind: ClassVar[str]
    """The first word of the target's text."""

    is_deterministic: ClassVar[bool] = False
    """Whether a candidate takes the same time whenever it is measured."""

    checks_indices: ClassVar[bool] = True
    """Whether kernels can check indices that come from data (`bounds` of `autosched.build`)."""

    batch: ClassVar[int] = 16
    """Candidates between two fits of the cost model: as many as two workers build before timing."""

    # The description, and the options of a user.

    @classmethod
    @abstractmethod
    def parse(cls, text: str) -> Self:
        """Make the backend that a text of this kind describes. Raises TargetError."""

    def configured(
        self, threads: int = 0, math: str | None = None, tolerance: float | None = None
    ) -> Self:
        """Return the backend with that number of threads, 0 for its default, and that float `math`.

        `tolerance` is that of `autosched.tune`; a target without other algorithms ignores it.
        Raises TargetError if the machine does not exist or cannot be configured so.
        """
        if math == "fast":
            raise TargetError(
                f"expected a target whose float arithmetic may change for math='fast', got "
                f"one of kind {self.kind}"
            )
        return self

    @property
    def threads(self) -> int:
        """The number of cores on which a parallel loop of a candidate runs."""
        return 1

    @property
    def host_cpu(self) -> str:
        """LLVM's name of the processor that candidates run on, or are simulated on."""
        from autosched.target.target import Target

        return Target.host().cpu

    @property
    def key(self) -> str:
        """The text that identifies the machine in a database."""
        return str(self)

    def related(self) -> Iterator[tuple[str, str]]:
        """Yield the keys of targets whose schedules can be used here, and how they were tuned."""
        yield from ()

    @classmethod
    def label(cls, text: str) -> str:
        """Return a short name of the machine, from its text in a database."""
        return text

    @classmethod
    def names(cls) -> list[str]:
        """Return the texts of targets that shell completion offers."""
        return [cls.kind]

    def __str__(self) -> str:
        """Return the text from which `parse` makes this backend again."""
        return str(self.machine)

    # Workloads and their schedules.

    def form(self, instance: WorkloadInstance) -> WorkloadForm:
        """Return the form that the target computes. Raises WorkloadError if there is none."""
        return WorkloadForm(instance)

    @classmethod
    def form_on(cls, text: str, instance: WorkloadInstance) -> WorkloadForm:
        """Return the `form` on the machine that a text from a database describes.

        Raises TargetError if this version does not accept the text, WorkloadError if the machine
        cannot compute the workload.
        """
        return cls.parse(text).form(instance)

    @abstractmethod
    def space(self, form: WorkloadForm) -> Space:
        """All sketches to search, at least one, the one expected to be best first.

        Raises LoweringError if the target cannot run the workload.
        """

    def best_guess(self, form: WorkloadForm) -> Sketch:
        """The first sketch of the space, which may take less time than all of them.

        Raises LoweringError if the target cannot run the workload.
        """
        return self.space(form).sketches[0]

    def computes_together(self, outputs: Sequence[Tensor]) -> bool:
        """Whether one kernel of `outputs` is expected to be faster than one for each contraction.

        Networks ask it of a contraction and what reads its result by windows, and of two with a
        mask and a reduction of rows between them.
        """
        return False

    def plain_schedule(self, form: WorkloadForm) -> Schedule:
        """Return a schedule that needs no search, for when the default of the first sketch fails.

        Raises LoweringError if the target has none.
        """
        from autosched.schedule.schedule import create_schedule  # late: code on disk needs none

        return create_schedule(form.workload.outputs)

    def check_lowers(self, form: WorkloadForm, schedule: Schedule) -> None:
        """Raise LoweringError if the schedule cannot be lowered, or exceeds a memory."""
        from autosched.lowering.lower import lower

        lower(schedule, arguments(form))

    def fits(self, form: WorkloadForm, schedule: Schedule) -> bool:
        """Whether a schedule that was never measured fits into the memories of the target."""
        return True

    # The cost model.

    @abstractmethod
    def features(self, form: WorkloadForm, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        """Return the features: a row of finite float32 numbers for each candidate.

        Rows have the same length for every sketch.
        """

    has_estimates: ClassVar[bool] = False
    """Whether `estimates` can rank candidates before anything is measured."""

    def estimates(self, features: np.ndarray) -> np.ndarray:
        """Return an estimated cost for each row of features. Called only if `has_estimates`."""
        raise NotImplementedError

    @property
    def model_params(self) -> BoostedParams:
        """The parameters with which the cost model is fitted.

        Within one task a regression on the throughput ranks unseen candidates better than
        trees fitted to pairs: 0.91 by Spearman's measure against 0.63, on a convolution with
        120 trials. Twice as many trees that learn half as fast are no better (0.01 at most).
        """
        from autosched.cost_model.models.boosted import BoostedParams

        return BoostedParams(objective="reg:squarederror", trees=60, depth=6, learning_rate=0.2)

    # Measuring.

    @abstractmethod
    def measurer(
        self, form: WorkloadForm, sizes: Mapping[str, int], in_network: bool = False
    ) -> Measurer:
        """Make the measurer that times candidates of the workload at these symbolic sizes.

        With `in_network` other kernels run between two calls, and constants are in no cache.
        The caller closes it. Raises WorkloadError if inputs given by the user do not fit.
        """

    def early_measurer(self, pool: WorkerPool | None = None) -> Measurer | None:
        """Return a measurer for any workload, or None; its workers start before one is known.

        It has those of `pool`, if there is one, and closes it. Workloads with symbolic sizes, or
        inputs given by the user, may need one of their own.
        """
        return None

    # Kernels.

    @abstractmethod
    def build(
        self, schedule: Schedule, args: Args, name: str = "main", bounds: OutOfRange = "check"
    ) -> TargetKernel:
        """Build the kernel of a schedule of the form's tensors; `args` are its arguments.

        `bounds` is that of `autosched.build`; a target without indices from data ignores it.
        Raises LoweringError or CodegenError if no code can be generated.
        """

    def build_workload(
        self,
        form: WorkloadForm,
        schedule: Schedule,
        args: Args | None = None,
        name: str = "main",
        bounds: OutOfRange = "check",
    ) -> TargetKernel:
        """Build the kernel of a workload, which takes the user's arrays; otherwise as `build`.

        Without `args`, the arguments are in the workload's order.
        """
        return self.build(schedule, arguments(form) if args is None else args, name, bounds)

    def machine_code(self, form: WorkloadForm, schedule: Schedule, name: str) -> MachineCode | None:
        """The code of a workload's kernel, with a name; None on a target that has a simulator.

        Raises LoweringError or CodegenError as `build` does.
        """
        return None

    def link(
        self, plans: Sequence[Plan], codes: Sequence[MachineCode], timed: bool = False
    ) -> LinkedCode:
        """Link what `machine_code` gave with plans that call it; see `codegen.compile.link`."""
        raise NotImplementedError

    def time_ns(self, kernel: Any) -> float | None:
        """The time of a call of a kernel by the target's model; None if only measuring tells."""
        return None

    @property
    def offloading(self) -> Offloading | None:
        """How networks are divided; None on a target that computes all that it is given."""
        return None

    def lower(
        self,
        schedule: Schedule,
        args: Args,
        after: str | None = None,
        name: str = "main",
        bounds: OutOfRange = "check",
    ) -> Function:
        """Return the loop nest of a schedule after the pass `after`, or before all passes."""
        from autosched.lowering.lower import lower

        function = lower(schedule, args, name, bounds if self.checks_indices else "trust")
        return function if after is None else self.run_passes(function, after)

    def run_passes(self, function: Function, after: str) -> Function:
        """Run the passes up to `after` on a loop nest. Raises LoweringError if there is none.

        A target without passes returns the nest unchanged for any name.
        """
        return function

    # Reports.

    @property
    def reporter(self) -> Reporter[Any]:
        """The reports that the command line prints for the target."""
        return Reporter(self.machine)


def arguments(form: WorkloadForm) -> list[Any]:
    """Return the tensors of the form, then its symbolic sizes."""
    return [*form.workload.tensors, *form.workload.sizes]


@dataclass(frozen=True)
class Offloading:
    """An accelerator of int8 images in blocks of `batch` images and `block` channels.

    `host` computes what the accelerator does not. Where a node is computed is decided for the
    processor beside the accelerator, which may be slower than this machine: `host_gops` are its
    10^9 operations on int8 a second, `host_gbytes` the 10^9 bytes a second that it moves.
    """

    host: Backend
    batch: int
    block: int
    host_gops: float
    host_gbytes: float
