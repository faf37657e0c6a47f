"""Whether loops are worth sharing among threads: entering a parallel loop takes time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from autosched.measure.parallel_overhead import parallel_overhead_ns
from autosched.schedule.primitives import Parallel
from autosched.schedule.sketch import Sketch
from autosched.target.target import Target
from autosched.te.count import bytes_touched, flop_count
from autosched.te.tensor import Tensor

_FEW = 4
"""Below this multiple of the time to enter a parallel loop, one thread is the best guess."""

_MANY = 512
"""From this multiple on, one thread is not tried if there are several."""

_NUMBER_BYTES = 4


def with_serial(
    found: Sequence[Sketch], outputs: Sequence[Tensor], target: Target
) -> Iterator[Sketch]:
    """Yield the sketches, and each without its parallel loops where that may be as fast.

    The better guess of the two comes first. With one thread parallel loops cost nothing. With
    symbolic sizes the work is not known, and the guess is to use threads.
    """
    work_ns = None if target.threads == 1 else _work_ns(outputs, target)
    cost_ns = 0 if work_ns is None else parallel_overhead_ns(target)
    for sketch in found:
        steps = tuple(step for step in sketch.steps if not isinstance(step, Parallel))
        is_serial = target.threads == 1 or len(steps) == len(sketch.steps)
        if is_serial or (work_ns is not None and work_ns >= _MANY * cost_ns):
            yield sketch
            continue
        serial = replace(sketch, name=f"{sketch.name}_serial", steps=steps)
        is_small = work_ns is not None and work_ns < _FEW * cost_ns
        yield from (serial, sketch) if is_small else (sketch, serial)


def _work_ns(outputs: Sequence[Tensor], target: Target) -> float | None:
    """Estimate the time of one thread; None for symbolic sizes.

    A vector of operations takes a nanosecond, or one of numbers moved, whichever are more.
    """
    counts = flop_count(outputs), bytes_touched(outputs)
    if not isinstance(counts[0], int) or not isinstance(counts[1], int):
        return None
    return max(counts[0], counts[1] // _NUMBER_BYTES) / target.vector_lanes(_NUMBER_BYTES)
