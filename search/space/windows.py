"""Contractions whose result is read plane by plane: by windows over all axes but the outer ones.

    e[c, p]    = sum of w[c, k] * x[k, p]                  a contraction
    f[c, p]    = max(e[c, p], 0)                           its epilogue
    d[c, y, z] = sum of v[c, i, j] * f[c, (y+i)*n + z+j]   windows over each plane of f

A plane of `d` needs one plane of `f`, so that both can be computed for a block of planes.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from autosched.ir.traverse import free_vars
from autosched.schedule.inline import inline_all
from autosched.schedule.schedule import Schedule, Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.groups import Group, group_of
from autosched.search.space.inlining import inline_producers
from autosched.search.space.reduction import is_reduction, reduces_in_lanes
from autosched.search.space.structure import contraction, epilogue, extent, is_injective, reads_of
from autosched.te.tensor import ComputeOp, Tensor


@dataclass(frozen=True, eq=False)
class Planes:
    """A contraction, the last stage of its epilogue, and the group in which windows read it.

    `row` is the dimension of the sink that counts the planes; `window` reads them.
    """

    group: Group
    first: Stage
    end: Stage
    window: Stage
    row: int


def planes_of(schedule: Schedule, stage: Stage, excluded: Container[int] = ()) -> Planes | None:
    """Return how the result of a contraction is read, if it is plane by plane."""
    if sum(map(is_reduction, schedule.stages)) < 2 or contraction(stage) is None:
        return None
    group = group_of(schedule, stage, excluded)
    if group is None or stage not in group.members:
        return None
    end = [stage, *epilogue(schedule, stage, excluded)][-1]
    stages = [*group.members, group.sink]
    others = [each for each in stages if each is not stage and is_reduction(each)]
    rows = [d for d in group.rows if extent(group.sink.op.axis[d]) != 1]
    if end not in group.members or len(others) != 1 or not rows:
        return None
    (window,) = others
    if not all(is_injective(each) for each in stages if each not in (stage, window)):
        return None
    if not _reads_windows(schedule, window, end):
        return None
    return Planes(group, stage, end, window, rows[-1])


def _reads_windows(schedule: Schedule, stage: Stage, source: Stage) -> bool:
    """Whether a reduction reads the source by an index that data and reduce axes move."""
    op = inline_all(schedule)[stage]
    assert isinstance(op, ComputeOp)
    data = {axis for axis in op.axis if extent(axis) != 1}
    summed = {axis for axis in op.reduce_axis if extent(axis) != 1}
    return any(
        not data.isdisjoint(free_vars(index)) and not summed.isdisjoint(free_vars(index))
        for read in reads_of(op)
        if read.tensor.op is source.op
        for index in read.indices
    )


def ends_before_windows(outputs: Sequence[Tensor], lanes: int) -> frozenset[int]:
    """Return the numbers of the last stages of epilogues that windows read.

    Inlined into the windows, they would be computed again for each of these.
    """
    plain = SketchBuilder(outputs)
    if sum(map(is_reduction, plain.schedule.stages)) < 2:
        return frozenset()
    inlined = SketchBuilder(outputs)
    inline_producers(inlined, pads_inlined=True)
    found = set()
    for stage in inlined.schedule.stages:
        read = planes_of(inlined.schedule, stage)
        if read is not None and not reduces_in_lanes(read.window, lanes):
            chain = epilogue(plain.schedule, plain.schedule.numbered[stage.number])
            found |= {each.number for each in chain[-1:]}
    return frozenset(found)
