"""A template for given parameters: runs the user's function, and checks what it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autosched.errors import AutoschedError, WorkloadError
from autosched.ops.templates.knobs import Knobs, KnobSpace
from autosched.ops.user_code import user_code
from autosched.schedule.schedule import Schedule
from autosched.schedule.trace import Trace
from autosched.te import dag
from autosched.te.encode import canonical_text
from autosched.te.tensor import Tensor

_ATTEMPTS = 100
"""Values of knobs tried until the function succeeds for the first time."""


@dataclass(frozen=True, eq=False)
class Template:
    """A function of knobs that returns a schedule and the tensors of its kernel.

    It runs in this process only: workers receive the traces of its schedules.
    """

    name: str
    function: Callable[[Knobs], Any]

    @property
    def space(self) -> KnobSpace:
        """The knobs, which the first run defines. Raises AutoschedError if none succeeds."""
        return self._first.space

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """The tensors of the kernel, as the first run returns them."""
        return self._first.tensors

    @property
    def default(self) -> dict[str, int]:
        """The places of values with which the function succeeds."""
        return self._first.places

    def schedule(self, places: Mapping[str, int]) -> tuple[Schedule, tuple[Tensor, ...]]:
        """Return the schedule and the tensors for a candidate of every knob.

        Raises ScheduleError or WorkloadError where the function does.
        """
        return self._run(Knobs(self.space, places))

    def trace(self, places: Mapping[str, int]) -> Trace:
        """Return the steps of the schedule for a candidate of every knob.

        Raises ScheduleError or WorkloadError where the function does, or if it computes
        something else than in the first run.
        """
        schedule, tensors = self.schedule(places)
        if canonical_text(tensors) != self._meaning:
            raise WorkloadError(
                f"expected the same tensors from {self.name} for all values of its knobs, "
                f"got others",
                hint="knobs choose a schedule; a change of layout is a cache_read with a layout",
            )
        return schedule.trace

    @cached_property
    def _first(self) -> _First:
        """The first run that succeeds: with the defaults, else with other values of knobs."""
        space = KnobSpace()
        rng = np.random.default_rng(0)
        places: dict[str, int] = {}
        error: AutoschedError | None = None
        for _ in range(_ATTEMPTS):
            try:
                tensors = self._run(Knobs(space, places, defines=True))[1]
                known = space.knobs.values()
                return _First(space, tensors, {k.name: k.default for k in known} | places)
            except AutoschedError as caught:
                error = error or caught
                sizes = {name: len(knob.candidates) for name, knob in space.knobs.items()}
                places = {name: int(rng.integers(size)) for name, size in sizes.items()}
                space.filters.clear()
        assert error is not None
        raise error

    @cached_property
    def _meaning(self) -> str:
        return canonical_text(self.tensors)

    def _run(self, knobs: Knobs) -> tuple[Schedule, tuple[Tensor, ...]]:
        with user_code(self.name):
            returned = self.function(knobs)
        schedule, tensors = _checked(returned, self.name)
        wanted = list(dict.fromkeys(tensor.op for tensor in dag.outputs(tensors)))
        if list(schedule.outputs) != wanted:
            raise WorkloadError(
                f"expected the schedule of the outputs that {self.name} returns, in their order, "
                f"got another",
                hint="create_schedule takes the outputs: te.create_schedule([C.op, D.op])",
            )
        return schedule, tensors


@dataclass(frozen=True)
class _First:
    space: KnobSpace
    tensors: tuple[Tensor, ...]
    places: dict[str, int]


def _checked(returned: Any, name: str) -> tuple[Schedule, tuple[Tensor, ...]]:
    pair = returned if isinstance(returned, (tuple, list)) and len(returned) == 2 else (None, None)
    schedule, tensors = pair
    if not isinstance(schedule, Schedule) or not isinstance(tensors, Sequence):
        raise WorkloadError(
            f"expected a schedule and a list of tensors from {name}, got {type(returned).__name__}",
            hint="return s, [A, B, C]",
        )
    return schedule, tuple(tensors)
