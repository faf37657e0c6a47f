"""Functions that a tuner calls with what it has measured."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any

from autosched.files import append_lines
from autosched.tvm.autotvm.measure import MeasureInput, MeasureResult
from autosched.tvm.autotvm.record import encode

Inputs = Sequence[MeasureInput]
Results = Sequence[MeasureResult]
Callback = Callable[[Any, Inputs, Results], None]


def log_to_file(file_out: Any, protocol: str = "json") -> Callback:
    """Return a callback that appends records to a file, by its name or open."""

    def callback(
        tuner: Any, inputs: Sequence[MeasureInput], results: Sequence[MeasureResult]
    ) -> None:
        lines = [encode(*pair) for pair in zip(inputs, results, strict=True)]
        if isinstance(file_out, (str, PathLike)):
            append_lines(file_out, lines)
        else:
            file_out.writelines(line + "\n" for line in lines)

    return callback


def progress_bar(total: int, prefix: str = "", si_prefix: str = "G") -> Callback:
    """Return a callback that shows the speed of the last and the best candidate."""
    done = 0

    def callback(
        tuner: Any, inputs: Sequence[MeasureInput], results: Sequence[MeasureResult]
    ) -> None:
        nonlocal done
        done = min(done + len(inputs), total)
        last = max((tuner.flops(result) for result in results), default=0.0)
        now, best = last / 1e9, tuner.best_flops / 1e9
        text = f"\r{prefix} {now:8.2f}/{best:8.2f} GFLOPS | progress: ({done}/{total})"
        print(text, end="\n" if done >= total else "", file=sys.stderr, flush=True)

    return callback
