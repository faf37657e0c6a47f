"""The kernels of a network: one for all groups that mean the same on one target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autosched.backends.base import Backend
from autosched.backends.kernel import TargetKernel
from autosched.ops.instance import from_tensors
from autosched.runtime.code import MachineCode
from autosched.search.choice import Choice
from autosched.search.code_cache import CodeCache
from autosched.search.kernels import compile_best
from autosched.search.task import Task
from autosched.te.tensor import Tensor
from autosched.tuning_logs import Store


@dataclass(frozen=True, eq=False)
class Made:
    """A task, the schedule that was chosen for it, and its code, or its kernel without code."""

    task: Task
    choice: Choice
    kernel: MachineCode | TargetKernel


class Kernels:
    """Makes the kernel of each expression once; schedules are the best that `store` knows."""

    def __init__(self, store: Store | None = None):
        self._store = store
        self._cache = CodeCache.from_environment()
        self._known: dict[tuple[str, Backend], Made] = {}

    def of(self, tensors: Sequence[Tensor], backend: Backend) -> Made:
        """The kernel of an expression, for a target.

        Raises WorkloadError, LoweringError or CodegenError where the target cannot compute it.
        """
        instance = from_tensors(tensors)
        key = instance.key, backend
        if key not in self._known:
            task = Task.of(instance, backend, {})
            self._known[key] = Made(task, *compile_best(task, self._store, self._cache))
        return self._known[key]
