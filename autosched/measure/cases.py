"""The references of the workloads that a measurer meets, each computed once, in a worker."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

from autosched.errors import MeasureError
from autosched.measure.folder import new_folder
from autosched.measure.workers import WorkerPool


class Cases:
    """Folders with arguments and right answers, which every worker reads; close it.

    `sizes` are the values of the workloads' symbolic sizes, by name.
    """

    def __init__(self, pool: WorkerPool, sizes: Mapping[str, int] | None = None):
        self._pool = pool
        self._sizes = dict(sizes or {})
        self._folder = new_folder()
        self._folders: dict[str, str] = {}

    def folder(self, workload: str) -> str:
        """The folder of a workload's JSON, which is filled at first use.

        Raises MeasureError where no reference can be computed.
        """
        if workload not in self._folders:
            folder = self._folder / str(len(self._folders))
            folder.mkdir(exist_ok=True)  # a reference that failed has left it
            request = {
                "task": "reference",
                "workload": workload,
                "sizes": self._sizes,
                "folder": str(folder),
            }
            timeout_s = self._pool.options.reference_timeout_s
            reply = self._pool.submit(request, timeout_s).result()
            if reply.failure:
                raise MeasureError(
                    f"expected a workload whose reference can be computed, "
                    f"got {reply.failure.kind}: {reply.failure.reason}"
                )
            self._folders[workload] = str(folder)
        return self._folders[workload]

    def close(self) -> None:
        """Remove the files; no worker may need them any more."""
        shutil.rmtree(self._folder, ignore_errors=True)
