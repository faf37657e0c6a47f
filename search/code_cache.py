"""The machine code of kernels on disk, under keys that need no schedule and no lowering.

A key is a hash of all that the code follows from: the workload, the target, what the schedule
follows from, and the code of this package.
"""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial

from autosched.disk_cache import DiskCache, key_of
from autosched.runtime.code import MachineCode
from autosched.search.choice import Choice
from autosched.search.space.rules import RULES
from autosched.search.task import Task


class CodeCache:
    """The code of a task's kernel for each choice of its schedule; without a disk it has none.

    It has none either for the rules of a user: nothing says which schedules follow from them.
    """

    def __init__(self, disk: DiskCache | None):
        self._disk = disk

    @staticmethod
    def from_environment() -> CodeCache:
        """The cache of the user's settings."""
        return CodeCache(DiskCache.of_user())

    def get(self, task: Task, choice: Choice) -> MachineCode | None:
        disk = self._usable()
        data = None if disk is None else disk.get(_key(task, choice.source))
        return None if data is None else MachineCode.from_bytes(data)

    def put(self, task: Task, choice: Choice, code: MachineCode) -> None:
        """Keep the code, once it is compiled, of a default also for a trial of its schedule."""
        disk = self._usable()
        if disk is None:
            return
        sources = [choice.source]
        if choice.origin == "default":
            from autosched.schedule.trace import to_json  # late: code on disk needs no schedule

            sources.append(to_json(choice.schedule.trace))
        keys = [_key(task, source) for source in sources]
        code.content.add_done_callback(partial(_put, disk, keys, code))

    def _usable(self) -> DiskCache | None:
        return None if RULES.is_changed else self._disk


def _put(disk: DiskCache, keys: list[str], code: MachineCode, content: Future[bytes]) -> None:
    if not content.cancelled() and content.exception() is None:
        for key in keys:
            disk.put(key, code.to_bytes())


def _key(task: Task, source: str) -> str:
    return key_of(str(task.backend), task.form.instance.key, source)
