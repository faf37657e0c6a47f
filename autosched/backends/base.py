"""The contract of a target: all that search, the API and the command line ask of a machine."""

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
from autosched.schedule.schedule import Schedule, create_schedule
from autosched.schedule.sketch import Sketch
from autosched.te.bounds import OutOfRange
from autosched.te.tensor import Tensor

if TYPE_CHECKING:
    import numpy as np

    from autosched.backends.kernel import TargetKernel
    from autosched.cost_model.models.boosted import BoostedParams
    from autosched.measure.measurer import Measurer
    from autosched.search.space.generate import Space

Args = Sequence[Tensor | Var]
"""The arguments of a kernel, in order: tensors, and the symbolic sizes of their shapes."""


@dataclass(frozen=True)
class Backend(ABC):
    """A machine that kernels are made for, and how to search schedules for it.

    `machine` is its description: plain data with a `kind`, whose `str` is a text that `parse`
    takes back, on every computer. A backend is not changed once it is made, and may be used
    by several threads. It is made of a text by `backends.parse.parse`, of a description by
    `backends.parse.as_backend`; `backends.kinds.register_backend` enters another kind.

    What is abstract here has to be there; the rest has a default that suits a target which
    computes the user's own tensors. `autosched.backends.conformance` tests all of it.

    Schedules are those of the tensors in `WorkloadForm.workload`, and arrays of candidates
    have the shape (n, d): n vectors of a sketch's d decisions.
    """

    machine: Any

    kind: ClassVar[str]
    """The first word of the target's text."""

    is_deterministic: ClassVar[bool] = False
    """Whether a candidate takes the same time whenever it is measured."""

    checks_indices: ClassVar[bool] = True
    """Whether kernels can check indices from data, as the `bounds` of `autosched.build` ask."""

    batch: ClassVar[int] = 16
    """Candidates between two fits of the cost model: here what two workers build before timing."""

    # The description, and what a user may change of it.

    @classmethod
    @abstractmethod
    def parse(cls, text: str) -> Self:
        """The target that a text of this kind names. Raises TargetError."""

    def configured(self, threads: int = 0, math: str | None = None) -> Self:
        """The same with that many threads, 0 for its own, and this float arithmetic.

        Raises TargetError where the machine does not exist or has no such freedom.
        """
        if math == "fast":
            raise TargetError(
                f"expected a target whose float arithmetic may change for math='fast', got "
                f"one of kind {self.kind}"
            )
        return self

    @property
    def threads(self) -> int:
        """How many cores a parallel loop of a candidate gets."""
        return 1

    @property
    def host_cpu(self) -> str:
        """LLVM's name of the processor that candidates run on, or are simulated on."""
        from autosched.target.target import Target

        return Target.host().cpu

    @property
    def key(self) -> str:
        """The text that a database knows the machine by."""
        return str(self)

    def related(self) -> Iterator[tuple[str, str]]:
        """The `key` of each target whose schedules serve here too, and how they were tuned."""
        yield from ()

    @classmethod
    def label(cls, text: str) -> str:
        """A short name of the machine that a text in a database names."""
        return text

    @classmethod
    def names(cls) -> list[str]:
        """The texts that a shell completes."""
        return [cls.kind]

    def __str__(self) -> str:
        """The text that `parse` takes back."""
        return str(self.machine)

    # Workloads and their schedules.

    def form(self, instance: WorkloadInstance) -> WorkloadForm:
        """The workload as the target computes it. Raises WorkloadError where it cannot."""
        return WorkloadForm(instance)

    @classmethod
    def form_on(cls, text: str, instance: WorkloadInstance) -> WorkloadForm:
        """The `form` on the machine that a text in a database names.

        Raises TargetError or WorkloadError where there is none, or none any more.
        """
        return cls.parse(text).form(instance)

    @abstractmethod
    def space(self, form: WorkloadForm) -> Space:
        """Every structure of schedules to choose among, the best guess first.

        There is one at least. Raises LoweringError where the target cannot run the workload.
        """

    def plain_schedule(self, form: WorkloadForm) -> Schedule:
        """A schedule that needs no search, taken where the default of the best guess fails.

        Raises LoweringError where the target has none.
        """
        return create_schedule(form.workload.outputs)

    def check_lowers(self, form: WorkloadForm, schedule: Schedule) -> None:
        """Raise LoweringError where the schedule has no loop nest, or exceeds a memory."""
        from autosched.lowering.lower import lower

        lower(schedule, arguments(form))

    def fits(self, form: WorkloadForm, schedule: Schedule) -> bool:
        """Whether a schedule that was guessed, and never measured, is within the capacities."""
        return True

    # The cost model.

    @abstractmethod
    def features(self, form: WorkloadForm, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        """A row of float32 numbers for each candidate, as many for every sketch, all finite."""

    has_estimates: ClassVar[bool] = False
    """Whether `estimates` can rank candidates before anything is measured."""

    def estimates(self, features: np.ndarray) -> np.ndarray:
        """An estimated cost for each row of features. Asked for only where `has_estimates`."""
        raise NotImplementedError

    @property
    def model_params(self) -> BoostedParams:
        """How the cost model is fitted.

        Within one task a regression on the throughput ranks unseen candidates better than
        trees fitted to pairs: 0.91 by Spearman's measure against 0.63, on a convolution with
        120 trials.
        """
        from autosched.cost_model.models.boosted import BoostedParams

        return BoostedParams(objective="reg:squarederror", trees=120, depth=6)

    # Measuring.

    @abstractmethod
    def measurer(self, form: WorkloadForm, sizes: Mapping[str, int]) -> Measurer:
        """What times candidates of the workload at these values of its symbolic sizes.

        The caller closes it. Raises WorkloadError where inputs that the user gives do not fit.
        """

    def early_measurer(self) -> Measurer | None:
        """A measurer for any workload, whose workers start while one is looked up; or None."""
        return None

    # Kernels.

    @abstractmethod
    def build(
        self, schedule: Schedule, args: Args, name: str = "main", bounds: OutOfRange = "check"
    ) -> TargetKernel:
        """The kernel of a schedule of the target's own tensors, called with `args`.

        `bounds` are those of `autosched.build`; a target without indices from data ignores
        them. Raises LoweringError or CodegenError where there is no code.
        """

    def build_workload(
        self,
        form: WorkloadForm,
        schedule: Schedule,
        args: Args | None = None,
        name: str = "main",
        bounds: OutOfRange = "check",
    ) -> TargetKernel:
        """The kernel of a workload, called with the user's arrays; as for `build` otherwise.

        Without `args` they come in the workload's order.
        """
        return self.build(schedule, arguments(form) if args is None else args, name, bounds)

    def lower(
        self,
        schedule: Schedule,
        args: Args,
        after: str | None = None,
        name: str = "main",
        bounds: OutOfRange = "check",
    ) -> Function:
        """The loop nest of a schedule after the pass named `after`, or before any with None."""
        from autosched.lowering.lower import lower

        function = lower(schedule, args, name, bounds if self.checks_indices else "trust")
        return function if after is None else self.run_passes(function, after)

    def run_passes(self, function: Function, after: str) -> Function:
        """The nest after the pass named `after`. Raises LoweringError if there is no such pass.

        A target without passes returns the nest as it is, whatever the name.
        """
        return function

    # Reports.

    @property
    def reporter(self) -> Reporter[Any]:
        """What the command line prints of the target."""
        return Reporter(self.machine)


def arguments(form: WorkloadForm) -> list[Any]:
    """The tensors of the form, then its symbolic sizes."""
    return [*form.workload.tensors, *form.workload.sizes]
