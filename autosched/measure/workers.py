"""A pool of worker processes with the interface of concurrent.futures."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from autosched.errors import MeasureError
from autosched.measure.channel import Plain
from autosched.measure.options import MeasureOptions
from autosched.measure.process import Died, Failure, WorkerProcess

ATTEMPTS = 3
"""How often a request is tried if it may not be the cause of the processes' end."""


@dataclass(frozen=True)
class Reply:
    """The reply of a worker: a value, a failure, or `lost` if files of the case are missing.

    The reason of an `internal_error`, an unexpected exception, ends with its traceback. After a
    request that was done, `following` is the reply to the one that followed it.
    """

    worker: int
    value: Any = None
    failure: Failure | None = None
    lost: bool = False
    following: Reply | None = None


@dataclass(frozen=True)
class Request:
    """A request of `tasks.Tasks`, and the seconds that it may take."""

    content: Plain
    deadline_s: float


@dataclass
class _Job:
    request: Request
    following: Request | None
    future: Future[Reply]


class WorkerPool:
    """Worker processes that stay alive between requests and are replaced when they die.

    A replacement starts with the next request for that worker, so that no process starts
    while another worker times a kernel.
    """

    def __init__(self, options: MeasureOptions):
        self.options = options
        self._changed = threading.Condition()
        self._shared: deque[_Job] = deque()
        self._own: list[deque[_Job]] = [deque() for _ in range(options.workers)]
        self._processes: list[WorkerProcess | None] = [None] * options.workers
        self._closed = False
        self._threads = [
            threading.Thread(target=self._serve, args=(index,), daemon=True)
            for index in range(options.workers)
        ]
        for index, thread in enumerate(self._threads):
            self.submit({"task": "forget"}, options.start_timeout_s, worker=index)
            thread.start()

    def submit(
        self,
        request: Plain,
        deadline_s: float,
        worker: int | None = None,
        following: Request | None = None,
    ) -> Future[Reply]:
        """Submit a request of `tasks.Tasks` to one worker, or to any if `worker` is None.

        If its process dies and the request may not be the cause (see `Died.is_doubtful`), it
        is tried again in a new process, up to `ATTEMPTS` times. The future raises
        MeasureError if no worker can be started. When the request is done, the same worker
        performs the `following` one, unless the first has failed.
        """
        job = _Job(Request(request, deadline_s), following, Future())
        with self._changed:
            if self._closed:
                raise RuntimeError("the pool is closed")
            (self._shared if worker is None else self._own[worker]).append(job)
            self._changed.notify_all()
        return job.future

    def retire_worn(self) -> None:
        """End the workers with many requests or much memory; all workers must be idle."""
        for index, process in enumerate(self._processes):
            if process is not None and self._is_worn(process):
                self._replace(index)

    def close(self) -> None:
        """Kill all workers at once, and cancel the requests that have not begun."""
        with self._changed:
            self._closed = True
            queues = (self._shared, *self._own)
            jobs = [job for queue in queues for job in queue]
            for queue in queues:
                queue.clear()
            self._changed.notify_all()
        for job in jobs:
            job.future.cancel()
            job.future.set_running_or_notify_cancel()  # other threads may wait for it
        for process in self._processes:
            if process is not None:
                process.interrupt()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _serve(self, index: int) -> None:
        """Serve the requests of one worker until the pool closes."""
        while (job := self._next(index)) is not None:
            if not job.future.set_running_or_notify_cancel():
                continue
            try:
                job.future.set_result(self._perform(index, job))
            except BaseException as error:  # Future.result raises it
                job.future.set_exception(error)
        process = self._processes[index]
        if process is not None:
            process.kill()

    def _next(self, index: int) -> _Job | None:
        """Wait for the next job of this worker and return it; None when the pool closes."""
        own = self._own[index]
        with self._changed:
            self._changed.wait_for(lambda: self._closed or own or self._shared)
            if self._closed:
                return None
            return (own or self._shared).popleft()

    def _perform(self, index: int, job: _Job) -> Reply:
        reply = self._replied(index, job.request)
        if job.following is None or reply.failure or reply.lost:
            return reply
        return replace(reply, following=self._replied(index, job.following))

    def _replied(self, index: int, request: Request) -> Reply:
        reply = self._asked(index, request)
        if isinstance(reply, Failure):
            return Reply(index, failure=reply)
        if reply["spoiled"]:
            self._replace(index)
        if "bug" in reply:
            return Reply(index, failure=Failure("internal_error", reply["bug"]))
        if "failed" in reply:
            return Reply(index, failure=Failure(reply["failed"], reply["reason"]))
        return Reply(index, reply.get("ok"), lost="lost" in reply)

    def _asked(self, index: int, request: Request) -> Plain | Failure:
        """Return the reply to a request, or the failure of the last attempt."""
        for _ in range(ATTEMPTS):
            process = self._processes[index] or self._started(index)
            try:
                return process.ask(request.content, request.deadline_s)
            except Died as died:
                self._processes[index] = None
                failure = died.failure
                if not died.is_doubtful:
                    break
        return failure

    def _replace(self, index: int) -> None:
        """Kill a worker; the next request starts another."""
        process, self._processes[index] = self._processes[index], None
        if process is not None:
            process.kill()

    def _started(self, index: int) -> WorkerProcess:
        for _ in range(ATTEMPTS):
            try:
                return self._start(index)
            except Died as died:
                failure = died.failure
                if not died.is_doubtful:
                    break
        raise MeasureError(
            f"expected a measuring process to start, got {failure.kind}: {failure.reason}"
        )

    def _start(self, index: int) -> WorkerProcess:
        process = WorkerProcess(self.options)
        with self._changed:
            if self._closed:  # since the start: `close` could not see this process
                process.kill()
                raise RuntimeError("the pool is closed")
            self._processes[index] = process
        try:
            process.begin()
        except BaseException:
            self._processes[index] = None
            process.kill()
            raise
        return process

    def _is_worn(self, process: WorkerProcess) -> bool:
        grown = process.resident_bytes - process.first_bytes
        return (
            process.requests >= self.options.requests_per_worker
            or grown >= self.options.growth_bytes
        )
