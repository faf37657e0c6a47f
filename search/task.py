"""A tuning task: a workload, the machine it runs on, and the sketches to choose among."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from autosched.backends.vta.packed.find import packed_form
from autosched.backends.vta.packed.form import PackedWorkload
from autosched.errors import LoweringError
from autosched.ops.instance import WorkloadInstance
from autosched.schedule.schedule import Schedule
from autosched.schedule.sketch import Sketch
from autosched.search.shape_free import shape_free_key
from autosched.search.space.generate import Space, space
from autosched.target.target import Target
from autosched.target.vta import VtaTarget
from autosched.te import serialize
from autosched.te.tensor import Tensor
from autosched.tuning_logs import TargetRecord, WorkloadRecord


@dataclass(frozen=True, eq=False)
class Task:
    """What a search works on; `threads` is how many cores a parallel loop gets.

    `sizes` are the values of the workload's symbolic sizes, by name: what is measured at some
    sizes is not known at others. Without them nothing can be measured, but something similar
    can be found.

    For an accelerator `workload` is the packed form's, and `packed` has the way to it from
    the arrays of the workload that was asked for.
    """

    workload: WorkloadInstance
    target: Target | VtaTarget
    threads: int
    sizes: Mapping[str, int] = field(default_factory=dict)
    packed: PackedWorkload | None = None

    @staticmethod
    def on_accelerator(workload: WorkloadInstance, target: VtaTarget) -> Task:
        """The task of tuning the workload's packed form.

        Raises WorkloadError where the accelerator has no form of the workload.
        """
        from autosched.backends.vta.machine import config_of  # a CPU's task never needs it

        form = packed_form(workload, config_of(target))
        return Task(form.workload, target, 1, packed=form)

    @property
    def packed_target(self) -> VtaTarget:
        """The accelerator, where there is one."""
        assert isinstance(self.target, VtaTarget), "a CPU packs nothing"
        return self.target

    @property
    def host_cpu(self) -> str:
        """LLVM's name of the processor that candidates run on, or are simulated on."""
        return (self.target if isinstance(self.target, Target) else Target.host()).cpu

    @property
    def is_deterministic(self) -> bool:
        """A candidate takes the same time whenever it is measured: a cycle model says it."""
        return isinstance(self.target, VtaTarget)

    @cached_property
    def sketches(self) -> list[Sketch]:
        """Every structure the rules find, the best guess first.

        Raises LoweringError where an accelerator has no room for any.
        """
        if isinstance(self.target, VtaTarget):
            found = self._space.sketches
            try:
                return [*found, fixed_sketch(default_schedule(self))]
            except LoweringError:
                if not found:
                    raise
                return found
        return self._space.sketches

    @property
    def dropped(self) -> list[str]:
        """What the rules proposed that is illegal, a sketch's name and the reason each."""
        return self._space.dropped

    @cached_property
    def _space(self) -> Space:
        target = self.target
        if isinstance(target, Target):
            return space(self.workload.outputs, target.with_threads(self.threads))
        from autosched.backends.vta.machine import config_of
        from autosched.backends.vta.space.sketches import accelerator_sketches

        return Space(accelerator_sketches(self.workload.outputs, config_of(target)), [])

    @cached_property
    def size(self) -> int:
        """How many candidates the sketches have together, limits aside."""
        return sum(sketch.size for sketch in self.sketches)

    @cached_property
    def text(self) -> str:
        """The tensors as JSON: what a measurer gets."""
        return serialize.to_json(self.workload.tensors)

    @cached_property
    def record(self) -> WorkloadRecord:
        """The workload as a database keeps it."""
        return WorkloadRecord(
            content=content_of(self.workload, self.sizes),
            name=self.workload.name,
            params=json.dumps(self._params, sort_keys=True, default=str),
            shape_free_key=shape_free_key(self.workload.canonical_text),
        )

    @property
    def _params(self) -> dict[str, object]:
        return {**self.workload.params, **{f"size {name}": n for name, n in self.sizes.items()}}

    @property
    def key(self) -> str:
        """The workload's key in a database."""
        return self.record.key

    @cached_property
    def target_record(self) -> TargetRecord:
        """The machine as a database keeps it."""
        return TargetRecord(text=target_text(self.target))


def content_of(workload: WorkloadInstance, sizes: Mapping[str, int]) -> str:
    """What a database knows the workload by: its meaning, and the values of its sizes."""
    text = workload.canonical_text
    if not sizes:
        return text
    values = [sizes[size.name] for size in workload.sizes]
    return json.dumps(
        {**json.loads(text), "size_values": values}, separators=(",", ":"), sort_keys=True
    )


def tensors_of(content: str) -> list[Tensor]:
    """The tensors that a database's content means. Raises ExpressionError where it is none."""
    return serialize.from_meaning(content)


def is_content_of(content: str, workload: WorkloadInstance) -> bool:
    """Whether a database's content is that of the workload, at whatever sizes."""
    if not workload.sizes:
        return content == workload.canonical_text
    try:
        meaning = json.loads(content)
    except (ValueError, RecursionError):  # a broken file's
        return False
    if isinstance(meaning, dict):
        meaning.pop("size_values", None)
    return bool(meaning == json.loads(workload.canonical_text))


def default_schedule(task: Task) -> Schedule:
    """The schedule that needs no search, for an accelerator."""
    from autosched.backends.vta import schedules  # late, as everything that lowers for it
    from autosched.backends.vta.machine import config_of

    return schedules.default_schedule(task.workload.tensors, config_of(task.packed_target))


def fixed_sketch(schedule: Schedule) -> Sketch:
    """The one candidate that a schedule is."""
    return Sketch("default", tuple(schedule.trace), (), ())


def target_text(target: Target | VtaTarget) -> str:
    """The target without its thread count, which a trial states by itself.

    A process kept to one core sees the same machine as one that may use all of them.
    """
    if isinstance(target, VtaTarget):
        return str(target)
    words = str(target).split()
    return " ".join(word for word in words if not word.startswith("-threads="))
