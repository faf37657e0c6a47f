"""The references of the workloads that a measurer meets, each computed once, in a worker."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path

import numpy as np

from autosched.errors import InternalError, MeasureError
from autosched.measure.case import is_case
from autosched.measure.workers import ATTEMPTS, Reply, WorkerPool

Submit = Callable[[str], Future[Reply]]


class Cases:
    """Folders with arguments and right answers, which every worker reads; close it.

    They lie in `folder`, which is removed at the end.
    `given` are inputs by their place among the workload's tensors; the others are drawn.
    `sizes` are the values of the workloads' symbolic sizes, by name.
    """

    def __init__(
        self,
        pool: WorkerPool,
        folder: Path,
        sizes: Mapping[str, int] | None = None,
        given: Mapping[int, np.ndarray] | None = None,
    ):
        self._pool = pool
        self._sizes = dict(sizes or {})
        self._given = dict(given or {})
        self._folder = folder
        self._begun: dict[str, tuple[Path, Future[Reply]]] = {}
        self._count = 0

    def begin(self, workload: str) -> None:
        """Have a workload's reference computed, if it is not, and do not wait for it."""
        if workload in self._begun:
            return
        folder = self._folder / str(self._count)
        self._count += 1
        request = {
            "task": "reference",
            "workload": workload,
            "sizes": self._sizes,
            "folder": str(folder),
            "given": {place: self._written(place, array) for place, array in self._given.items()},
        }
        timeout_s = self._pool.options.reference_timeout_s
        self._begun[workload] = folder, self._pool.submit(request, timeout_s)

    def _written(self, place: int, array: np.ndarray) -> str:
        """The file of an input that is given, for the worker that computes the reference."""
        path = self._folder / f"given{place}.npy"
        path.parent.mkdir(exist_ok=True)
        np.save(path, array, allow_pickle=False)
        return str(path)

    def folder(self, workload: str) -> str:
        """The folder of a workload's JSON, which is filled at first use.

        Raises MeasureError where no reference can be computed; that may be tried again. A slip
        of ours in computing it is an InternalError.
        """
        if workload in self._begun and self._is_gone(*self._begun[workload]):
            del self._begun[workload]
        self.begin(workload)
        folder, future = self._begun[workload]
        try:
            failure = future.result().failure
            if failure and failure.kind == "internal_error":
                raise InternalError(failure.reason)
            if failure:
                raise MeasureError(
                    f"expected a workload whose reference can be computed, "
                    f"got {failure.kind}: {failure.reason}"
                )
        except BaseException:
            del self._begun[workload]
            raise
        return str(folder)

    def ask(self, workload: str, submit: Submit, begun: Future[Reply] | None = None) -> Reply:
        """The reply to what is submitted with the workload's folder, or was `begun` with it.

        Where the files in it are gone they are made anew. Raises MeasureError where they are
        gone again and again.
        """
        for _ in range(ATTEMPTS):
            reply = (begun or submit(self.folder(workload))).result()
            if not reply.lost:
                return reply
            if begun is None:
                self._begun.pop(workload, None)
            begun = None
        raise MeasureError(
            f"expected the files of a workload to stay in {self._folder}, got removed ones",
            hint="set TMPDIR to a folder that nothing cleans up meanwhile",
        )

    @staticmethod
    def _is_gone(folder: Path, future: Future[Reply]) -> bool:
        """Whether something has removed the files that were written there."""
        return future.done() and not is_case(folder)

    def close(self) -> None:
        """Remove the files; no worker may need them any more."""
        shutil.rmtree(self._folder, ignore_errors=True)
