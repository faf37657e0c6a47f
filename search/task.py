"""A tuning task: a workload, the machine it runs on, and the sketches to choose among."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from autosched.backends.base import Backend
from autosched.backends.form import WorkloadForm
from autosched.ops.instance import WorkloadInstance
from autosched.search.shape_free import shape_free_key
from autosched.te import serialize
from autosched.te.tensor import Tensor
from autosched.tuning_logs import TargetRecord, WorkloadRecord

if TYPE_CHECKING:
    from autosched.schedule.sketch import Sketch
    from autosched.search.space.generate import Space


@dataclass(frozen=True, eq=False)
class Task:
    """A workload to tune, in the form that a target computes.

    `sizes` are the values of the workload's symbolic sizes, by name: times measured at some
    sizes do not hold at others. Without them nothing can be measured, but schedules of similar
    workloads can be found.
    """

    form: WorkloadForm
    backend: Backend
    sizes: Mapping[str, int] = field(default_factory=dict)

    @staticmethod
    def of(
        workload: WorkloadInstance, backend: Backend, sizes: Mapping[str, int] | None = None
    ) -> Task:
        """Return the task of a workload. Raises WorkloadError if the target has no form of it."""
        return Task(backend.form(workload), backend, sizes or {})

    @property
    def workload(self) -> WorkloadInstance:
        """The tensors that are scheduled and measured."""
        return self.form.workload

    @property
    def threads(self) -> int:
        """How many cores a parallel loop gets."""
        return self.backend.threads

    @property
    def is_deterministic(self) -> bool:
        """Whether a candidate takes the same time whenever it is measured."""
        return self.backend.is_deterministic

    @property
    def sketches(self) -> list[Sketch]:
        """The sketches to choose among, the best guess first.

        Raises LoweringError if the target cannot run any.
        """
        return self._space.sketches

    @cached_property
    def best_guess(self) -> Sketch:
        """The first of the sketches; the others are not made for it.

        Raises LoweringError if the target cannot run any.
        """
        if "_space" in vars(self) or self.workload.template is not None:
            return self.sketches[0]
        return self.backend.best_guess(self.form)

    @property
    def dropped(self) -> list[str]:
        """The names of illegal sketches that the rules proposed, each with the reason."""
        return self._space.dropped

    @property
    def refused(self) -> Mapping[str, int]:
        """How many values of a template's knobs made no schedule so far, by reason."""
        return self._space.refused

    @cached_property
    def _space(self) -> Space:
        if self.workload.template is not None:
            from autosched.search.space.template import template_space

            return template_space(self.workload.template)
        return self.backend.space(self.form)

    @cached_property
    def size(self) -> int:
        """The number of candidates of all sketches, without limits."""
        return sum(sketch.size for sketch in self.sketches)

    @cached_property
    def text(self) -> str:
        """The tensors as JSON, for a measurer."""
        return serialize.to_json(self.workload.tensors)

    @cached_property
    def record(self) -> WorkloadRecord:
        """The record of the workload in a database."""
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
        """The record of the machine in a database."""
        return TargetRecord(text=self.backend.key)


def content_of(workload: WorkloadInstance, sizes: Mapping[str, int]) -> str:
    """Return the identity of a workload in a database: its meaning, and the values of its sizes."""
    text = workload.canonical_text
    if not sizes:
        return text
    values = [sizes[size.name] for size in workload.sizes]
    return json.dumps(
        {**json.loads(text), "size_values": values}, separators=(",", ":"), sort_keys=True
    )


def tensors_of(content: str) -> list[Tensor]:
    """Return the tensors of a stored content. Raises ExpressionError if it is malformed."""
    return serialize.from_meaning(content)


def is_content_of(content: str, workload: WorkloadInstance) -> bool:
    """Whether a stored content is that of the workload, at any sizes."""
    if not workload.sizes:
        return content == workload.canonical_text
    try:
        meaning = json.loads(content)
    except (ValueError, RecursionError):  # a broken file's
        return False
    if isinstance(meaning, dict):
        meaning.pop("size_values", None)
    return bool(meaning == json.loads(workload.canonical_text))
