"""Runs what may end its process, such as code that a compiler made of a random schedule, elsewhere.

The end of that process is a failure like any other then: it is told with its arguments, which
hypothesis makes smaller.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

_pools: list[ProcessPoolExecutor] = []
"""At most one, of one process, which lives as long as it answers."""


def isolated(function: Callable[..., None], *args: Any) -> None:
    """Call the function in another process, and raise what it raises.

    Raises AssertionError with the arguments where the process ends.
    """
    if not _pools:
        spawning = multiprocessing.get_context("spawn")
        _pools.append(ProcessPoolExecutor(1, spawning, initializer=faulthandler.enable))
    try:
        _pools[0].submit(function, *args).result()
    except BrokenProcessPool as error:
        _pools.pop().shutdown()
        raise AssertionError(f"{function.__name__}{args} ended its process") from error
