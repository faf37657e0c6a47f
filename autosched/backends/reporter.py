"""Reports that the command line prints for a target: description, code, speeds and runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from autosched.backends.form import WorkloadForm
from autosched.errors import TargetError
from autosched.text import duration, rate

if TYPE_CHECKING:
    from autosched.measure.verify import Expected
    from autosched.schedule.schedule import Schedule


class Machine(Protocol):
    """A description of a machine, as plain data; `str` gives its text."""

    @property
    def kind(self) -> str: ...


M = TypeVar("M", bound=Machine)


@dataclass(frozen=True)
class Report:
    """A report: `facts` for the JSON document, `lines` and `tables` for the text.

    `is_right` is False if a kernel computed a wrong number.
    """

    facts: dict[str, Any]
    lines: dict[str, object] = field(default_factory=dict)
    tables: tuple[str, ...] = ()
    is_right: bool = True


@dataclass(frozen=True)
class RunRequest:
    """The options of `autosched run`.

    `sizes` are the values of symbolic sizes by name, `peers` says whether to time other
    libraries too, `beside` are other kernels of the workload to time, by name, `counts` says
    whether to count events of the processor, and `timelines` are files to write a timeline to.
    """

    form: WorkloadForm
    sizes: dict[str, int]
    peers: bool = False
    timelines: Sequence[Path] = ()
    beside: Mapping[str, Any] = field(default_factory=dict)
    counts: bool = False


@dataclass(frozen=True)
class StepTime:
    """A step of a network, the kind of the target that computes it and why, and its time.

    `target` is empty for what NumPy computes.
    """

    name: str
    operators: str
    target: str
    placed: str
    time_ns: float


@dataclass(frozen=True)
class NetworkRequest:
    """A network to run: `run` computes what is `expected`, its outputs in order.

    `flops` are the operations of a call, as far as they are known. With `peers` other libraries
    are timed too that read the model's `file`; they get `inputs`, by name. `times` runs it once
    more, and returns its steps in order.
    """

    run: Callable[[], Sequence[Any]]
    expected: Sequence[Expected]
    flops: int | None
    file: Path
    inputs: Mapping[str, Any]
    peers: bool = False
    times: Callable[[], Sequence[StepTime]] = list

    def difference(self, results: Any) -> str | None:
        """Return a sentence on the first wrong element of results; None if there is none."""
        found = (
            expected.difference(got) for expected, got in zip(self.expected, results, strict=True)
        )
        return next(filter(None, found), None)


@dataclass(frozen=True, slots=True)
class Speed:
    """Converts times of a workload to speeds.

    `flops` is its number of operations, or None if that depends on symbolic sizes.
    """

    flops: int | None

    def gflops(self, time_ns: float | None) -> float | None:
        """Return the operations a nanosecond; None if they or the time are not known."""
        return None if time_ns is None or not self.flops else self.flops / time_ns

    def share(self, time_ns: float | None) -> float | None:
        """Return the part of the machine's peak that is reached; None if that is not known."""
        return None

    def text(self, time_ns: float) -> str:
        """Return the time, and the speed if that is known."""
        speed = rate(self.gflops(time_ns), self.share(time_ns))
        return f"{duration(time_ns)}, {speed}" if self.flops else duration(time_ns)

    def combined(self, later: Speed) -> Speed:
        """Combine this speed, made before a search, with one made after it."""
        return self

    @property
    def facts(self) -> dict[str, Any]:
        """Further entries of the JSON document that has the times."""
        return {}

    def of_best(self, schedule: Schedule, time_ns: float) -> Report:
        """Report on the best schedule that a search found; it takes `time_ns` nanoseconds."""
        return Report({"gflops": self.gflops(time_ns)})


@dataclass(frozen=True)
class Roofs:
    """The limits of a machine: its peak in GFLOP/s, and the GB/s of each level of memory."""

    peak_gflops: float
    gbytes: dict[str, float]


class Reporter(Generic[M]):
    """Reports on a machine. Every method has a default.

    The search uses nothing of it, so a subclass may import modules that load slowly.
    """

    rate_unit: ClassVar[str] = "GFLOP/s"
    """The unit on a picture's speed axis: 10^9 operations a second, of floats or integers."""

    has_passes: ClassVar[bool] = False
    """Whether passes run over the loop nest of a schedule."""

    def __init__(self, machine: M):
        self.machine = machine

    @property
    def where(self) -> dict[str, object]:
        """The line of a report that names the machine of its numbers."""
        return {"target": self.machine}

    @property
    def caption(self) -> str:
        """The name of the machine in the title of a picture."""
        return str(self.machine)

    def description(self) -> Report:
        """Describe the machine and its limits, for `autosched target`."""
        document = {"kind": self.machine.kind, "text": str(self.machine)}
        return Report({"target": document}, {"target": self.machine})

    def speed(self, form: WorkloadForm) -> Speed:
        """Return how the workload's times convert to speeds."""
        return Speed(form.flops)

    def roofs(self, form: WorkloadForm) -> Roofs | None:
        """Return the limits to draw next to the workload's speeds; None if they are not known."""
        return None

    def least_ns(self, form: WorkloadForm) -> float | None:
        """The time of a workload at the machine's limits, which are measured; None if unknown."""
        return None

    def code(self, name: str, form: WorkloadForm, schedule: Schedule) -> str:
        """Return the code of a schedule in the form `name`, one of `Kind.forms` of the kind."""
        raise TargetError(f"expected a form of code that {self.machine.kind} has, got {name}")

    def pass_times(self, form: WorkloadForm, schedule: Schedule) -> list[tuple[str, float]]:
        """Return the steps from a schedule to code, and the milliseconds that each takes.

        Called only if `has_passes`.
        """
        return []

    def check_timelines(self, paths: Sequence[Path], reading: Sequence[Path]) -> None:
        """Raise TargetError if a timeline cannot be written; called before the run.

        `reading` are input files, which must not be overwritten.
        """
        if paths:
            raise TargetError(
                f"expected a target whose runs have a timeline, got {self.machine.kind}"
            )

    def run(self, kernel: Any, request: RunRequest) -> Report:
        """Run a kernel once on random inputs, and compare the result with the reference."""
        form = request.form
        inputs = form.instance.make_inputs()
        result = kernel(*inputs)
        results = result if isinstance(result, (list, tuple)) else [result]
        return _verdict(first_mistake(form, inputs, results, tolerance=1e-4))

    def explain(self, kernel: Any, request: RunRequest, schedule: Schedule) -> Report:
        """Tell why the kernel of a schedule is as fast as it is."""
        return self.run(kernel, request)

    def run_network(self, request: NetworkRequest) -> Report:
        """Run a network once, and compare the results with what is expected."""
        return _verdict(request.difference(request.run()))


def first_mistake(
    form: WorkloadForm, inputs: Sequence[Any], results: Sequence[Any], tolerance: float
) -> str | None:
    """Describe the first element that differs from the reference; None if none does."""
    from autosched.measure.verify import Expected

    instance = form.instance
    wanted = instance.numpy_reference(inputs) or instance.reference(inputs)
    for tensor, want, got in zip(instance.outputs, wanted, results, strict=True):
        expected = Expected(tensor.name, tensor.dtype.name, want, tolerance=tolerance)
        mistake = expected.difference(got)
        if mistake:
            return mistake
    return None


def _verdict(mistake: str | None) -> Report:
    said = f"WRONG: {mistake}" if mistake else "correct"
    facts = {"correct": mistake is None, "mistake": mistake}
    return Report(facts, {"result": said}, is_right=mistake is None)
