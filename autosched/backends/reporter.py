"""What the command line prints of a target: its description, its code, speeds and runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from autosched.backends.form import WorkloadForm
from autosched.errors import TargetError
from autosched.schedule.schedule import Schedule
from autosched.text import duration, rate


class Machine(Protocol):
    """A description of a machine, as plain data; `str` gives its text."""

    @property
    def kind(self) -> str: ...


M = TypeVar("M", bound=Machine)


@dataclass(frozen=True)
class Report:
    """Something to tell: `facts` as a document has them, `lines` and `tables` as text.

    `is_right` is False where a kernel computed a wrong number.
    """

    facts: dict[str, Any]
    lines: dict[str, object] = field(default_factory=dict)
    tables: tuple[str, ...] = ()
    is_right: bool = True


@dataclass(frozen=True)
class RunRequest:
    """What `autosched run` was asked for.

    `sizes` are the values of symbolic sizes by name, `peers` says whether to time other
    libraries too, and `timelines` are files to write a timeline to.
    """

    form: WorkloadForm
    sizes: dict[str, int]
    peers: bool = False
    timelines: Sequence[Path] = ()


@dataclass(frozen=True, slots=True)
class Speed:
    """What the times of a workload of `flops` operations mean; None where sizes decide."""

    flops: int | None

    def text(self, time_ns: float) -> str:
        """The time, and the speed where that is known."""
        return duration(time_ns) + (f", {rate(self.flops / time_ns)}" if self.flops else "")

    def combined(self, later: Speed) -> Speed:
        """The better founded one of this speed and one that was made after a search."""
        return self

    @property
    def facts(self) -> dict[str, Any]:
        """What a document says beside the times."""
        return {}

    def of_best(self, schedule: Schedule, time_ns: float) -> Report:
        """Facts and lines on the best schedule that a search found, which takes `time_ns`."""
        return Report({"gflops": self.flops / time_ns if self.flops else None})


@dataclass(frozen=True)
class Roofs:
    """The limits of a machine: GFLOP/s of its units together, GB/s of each level of memory."""

    peak_gflops: float
    gbytes: dict[str, float]


class Reporter(Generic[M]):
    """Reports on a machine. Every method has a default that suits a target with no more to tell.

    Nothing here is used by a search, and a subclass may import what takes long.
    """

    rate_unit: ClassVar[str] = "GFLOP/s"
    """The unit of a picture's axis of speeds: 10^9 operations a second, of floats or others."""

    has_passes: ClassVar[bool] = False
    """Whether passes run over the loop nest of a schedule."""

    def __init__(self, machine: M):
        self.machine = machine

    @property
    def where(self) -> dict[str, object]:
        """The line of a report that says where its numbers come from."""
        return {"target": self.machine}

    @property
    def caption(self) -> str:
        """The machine in the title of a picture."""
        return str(self.machine)

    def description(self) -> Report:
        """The machine and what it reaches, for `autosched target`."""
        document = {"kind": self.machine.kind, "text": str(self.machine)}
        return Report({"target": document}, {"target": self.machine})

    def speed(self, form: WorkloadForm) -> Speed:
        """What the workload's times mean."""
        return Speed(form.flops)

    def roofs(self, form: WorkloadForm) -> Roofs | None:
        """The limits to draw beside the workload's speeds; None where they are not known."""
        return None

    def code(self, name: str, form: WorkloadForm, schedule: Schedule) -> str:
        """The code of a schedule in the form `name`, one of those that the kind registered."""
        raise TargetError(f"expected a form of code that {self.machine.kind} has, got {name}")

    def pass_times(self, form: WorkloadForm, schedule: Schedule) -> list[tuple[str, float]]:
        """The steps from a schedule to code, and the milliseconds that each takes.

        Asked for only where `has_passes`.
        """
        return []

    def check_timelines(self, paths: Sequence[Path], reading: Sequence[Path]) -> None:
        """Refuse timelines that cannot be written, before anything takes time.

        `reading` are files that must not be replaced. Raises TargetError.
        """
        if paths:
            raise TargetError(
                f"expected a target whose runs have a timeline, got {self.machine.kind}"
            )

    def run(self, kernel: Any, request: RunRequest) -> Report:
        """Run a kernel once on drawn inputs; is_right where NumPy computes the same."""
        form = request.form
        inputs = form.instance.make_inputs()
        result = kernel(*inputs)
        results = result if isinstance(result, (list, tuple)) else [result]
        mistake = first_mistake(form, inputs, results, tolerance=1e-4)
        said = f"WRONG: {mistake}" if mistake else "correct"
        facts = {"correct": mistake is None, "mistake": mistake}
        return Report(facts, {"result": said}, is_right=mistake is None)


def first_mistake(
    form: WorkloadForm, inputs: Sequence[Any], results: Sequence[Any], tolerance: float
) -> str | None:
    """The first element that differs from the reference, in a sentence; None where none does."""
    from autosched.measure.verify import Expected

    instance = form.instance
    wanted = instance.numpy_reference(inputs) or instance.reference(inputs)
    for tensor, want, got in zip(instance.outputs, wanted, results, strict=True):
        expected = Expected(tensor.name, tensor.dtype.name, want, tolerance=tolerance)
        mistake = expected.difference(got)
        if mistake:
            return mistake
    return None
