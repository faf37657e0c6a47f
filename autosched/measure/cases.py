"""The cases of a measurer, each computed once in a worker; the base class of such measurers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Self

import numpy as np

from autosched.errors import InternalError, MeasureError
from autosched.measure.case import is_case
from autosched.measure.folder import new_folder
from autosched.measure.options import MeasureOptions
from autosched.measure.workers import ATTEMPTS, Reply, WorkerPool

Submit = Callable[[str], Future[Reply]]


class Cases:
    """The cases of a measurer, one subfolder of `folder` each; `close` removes `folder`.

    `given` maps the positions of a workload's tensors to inputs; the other inputs are random.
    `sizes` maps the names of symbolic sizes to their values.
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

    def begin(self, workload: str) -> Future[Reply]:
        """Start to compute a workload's reference, unless it was started before."""
        if workload in self._begun:
            return self._begun[workload][1]
        folder = self._folder / str(self._count)
        self._count += 1
        request = {
            "task": "reference",
            "workload": workload,
            "sizes": self._sizes,
            "folder": str(folder),
            "given": {place: self._save(place, array) for place, array in self._given.items()},
        }
        timeout_s = self._pool.options.reference_timeout_s
        future = self._pool.submit(request, timeout_s)
        self._begun[workload] = folder, future
        return future

    def _save(self, place: int, array: np.ndarray) -> str:
        """Write a given input for the worker that computes the reference; return the path."""
        path = self._folder / f"given{place}.npy"
        path.parent.mkdir(exist_ok=True)
        np.save(path, array, allow_pickle=False)
        return str(path)

    def place(self, workload: str) -> str:
        """Return the folder in which a workload's case is, or will be, written."""
        self.begin(workload)
        return str(self._begun[workload][0])

    def folder(self, workload: str) -> str:
        """Return the folder of a workload's case, and wait until it is written.

        Raises MeasureError if the reference cannot be computed; a later call tries again.
        Raises InternalError if a bug in autosched prevents it.
        """
        if workload in self._begun and self._is_removed(*self._begun[workload]):
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
        """Submit a request with the folder of the workload's case, and return the reply.

        `begun` is the request if it was submitted already. If files of the case have been
        removed, they are written again and the request is repeated. Raises MeasureError if
        this fails `ATTEMPTS` times.
        """
        for _ in range(ATTEMPTS):
            reply = (begun or submit(self.folder(workload))).result()
            if not reply.lost:
                return reply
            if begun is None:
                self._begun.pop(workload, None)
            begun = None
        raise MeasureError(
            f"expected the files of a workload to stay in {self._folder}, got no files there",
            hint="set TMPDIR to a folder that no other program cleans up",
        )

    @staticmethod
    def _is_removed(folder: Path, future: Future[Reply]) -> bool:
        """Return whether the written files have been removed by another program."""
        return future.done() and not is_case(folder)

    def close(self) -> None:
        """Remove the files. No worker may be running."""
        shutil.rmtree(self._folder, ignore_errors=True)


class WorkerMeasurer:
    """Base class of measurers with workers; close one, or use it in a `with` statement.

    `sizes` and `given` are as for `Cases`. The options of a given `pool` go before `options`.
    """

    def __init__(
        self,
        options: MeasureOptions,
        sizes: Mapping[str, int] | None = None,
        given: Mapping[int, np.ndarray] | None = None,
        pool: WorkerPool | None = None,
    ):
        self._folder = new_folder()
        self._pool = pool or WorkerPool(options)
        self._options = self._pool.options
        self._cases = Cases(self._pool, self._folder, sizes, given)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the workers, even in the middle of a request, and remove the files."""
        self._pool.close()
        self._cases.close()
