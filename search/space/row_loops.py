"""The loops of a stage within a row, of which the innermost is a vector."""

from __future__ import annotations

from autosched.schedule.schedule import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.canonical import divisor, turns
from autosched.search.space.reduction import MOST_TURNED, turned_axes
from autosched.search.space.structure import extent
from autosched.search.space.tiles import ceil_div, vector_steps
from autosched.te.axis import Axis


def row_loops(
    b: SketchBuilder, stage: Stage, own: list[Axis], lanes: int, tail: str, period: int = 1
) -> tuple[list[Axis], list[Axis]]:
    """Vectorize the innermost of the `own` axes; return the loops around, and the innermost.

    Reduce loops are around. Of axes that are turned the first is vectorized, and the second
    is unrolled around it. An axis by whose quotient or remainder operands are indexed is
    divided first, so that reads are contiguous: 300 columns three times over, for 512 rows,
    take 30 us, before 581; each of them three times, 69, before 401. Operands that are repeated
    after `period` points stay in registers: vectors are written out for whole periods.
    """
    reduce = list(stage.op.reduce_axis)
    wide = [axis for axis in own if extent(axis) != 1]
    if not wide:
        loops = [*own, *reduce]
        return loops[:-1], loops[-1:]
    vector, *short = wide if wide == turned_axes(stage) else wide[-1:]
    outer = [axis for axis in own if axis not in (vector, *short)]
    name = f"{stage.name}.{vector.name}.vector"
    size, part = extent(vector), divisor(stage, vector)
    if size is not None:
        if part is not None and part >= lanes:
            parts, vector = b.split(stage, vector, part)
            outer.append(parts)
            size = part
        elif not short and 1 < (number := turns(b.schedule, stage, vector)) <= MOST_TURNED:
            vector, within = b.split(stage, vector, number)
            short = [within]
            size = ceil_div(size, number)
    if size is None or size > lanes:
        step = b.decide(name, "vector", *vector_steps(size, lanes, period=period))
        vectors, vector = b.split(stage, vector, step, tail)
        outer.append(vectors)
    b.unroll_and_vectorize(stage, [*short, vector])
    return [*outer, *reduce], [*short, vector]
