"""Whether loops are worth sharing among threads: starting them costs microseconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from autosched.schedule.primitives import Parallel
from autosched.schedule.sketch import Sketch
from autosched.te.count import bytes_touched, flop_count
from autosched.te.tensor import Tensor

SMALL = 1 << 15
"""Operations, or numbers read and written, below which one thread is the best guess."""

SHARED = 1 << 22
"""As many from which one thread is not tried where there are several."""


def with_serial(
    found: Sequence[Sketch], outputs: Sequence[Tensor], threads: int
) -> Iterator[Sketch]:
    """The sketches, and each without its parallel loops where that may be as fast.

    The better guess of the two comes first. With one thread parallel loops cost nothing. Where
    sizes are symbolic, the work is not known and threads are the guess.
    """
    work = _work(outputs)
    for sketch in found:
        steps = tuple(step for step in sketch.steps if not isinstance(step, Parallel))
        if threads == 1 or len(steps) == len(sketch.steps) or (work is not None and work >= SHARED):
            yield sketch
            continue
        serial = replace(sketch, name=f"{sketch.name}_serial", steps=steps)
        yield from (serial, sketch) if work is not None and work < SMALL else (sketch, serial)


def _work(outputs: Sequence[Tensor]) -> int | None:
    """Operations, or numbers read and written if those are more; None for symbolic sizes."""
    counts = flop_count(outputs), bytes_touched(outputs)
    if not isinstance(counts[0], int) or not isinstance(counts[1], int):
        return None
    return max(counts[0], counts[1] // 4)
