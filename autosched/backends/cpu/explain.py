"""Explains the speed of a kernel: what bounds it, what its loops do, what its code is made of.

Times are measured. The bytes that move between levels of memory are modelled, as the cost
model's features are (see `autosched.cost_model.features.locality`), for caches of the sizes that
the features know, and counted where the processor's counters can be read. Bandwidths are those of
reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

import numpy as np

from autosched.backends.cpu.arithmetic import arithmetic_limits
from autosched.backends.cpu.hot_loops import HotLoop, hot_loops
from autosched.backends.cpu.limit import Limit
from autosched.backends.cpu.speed import measured_here
from autosched.backends.form import WorkloadForm
from autosched.backends.reporter import Report
from autosched.cost_model.features.extract import extract, feature_names
from autosched.schedule.schedule import Schedule
from autosched.schedule.sketch import Sketch
from autosched.target.target import Target
from autosched.text import duration, table

NEAR = 0.9
"""The share of its bound from which on a kernel counts as being at the limit."""

DISPROVED = 1.1
"""From this share of the measured time on, a limit counts bytes that a cache did keep."""

FAR = 0.5
"""A kernel that reaches less than this share of each limit is held up by something else."""

SHOWN_LOOPS = 5


def explain(
    target: Target,
    form: WorkloadForm,
    schedule: Schedule,
    assembly: str,
    run: Report,
    times: Sequence[tuple[str, float]] = (),
) -> Report:
    """Explain a schedule whose kernel was timed in the report `run` and has this assembly.

    `times` are the nanoseconds of its nests, each with the name of its stage. Without the counts of
    a nest, for symbolic sizes, there are only the times and the code.
    """
    found = features(form, schedule)
    limits = _limits(target, form, _flops(form, schedule, found), found)
    loops = hot_loops(assembly)
    time_ns = run.facts["time_ns"]
    bound = binding(limits, time_ns)
    remarks = _remarks(target, found, loops, time_ns, bound)
    facts = {
        **run.facts,
        "limits": [asdict(limit) for limit in limits],
        "bound": bound.name if bound else None,
        "share_of_bound": bound.time_ns / time_ns if bound else None,
        "nests": [{"stage": name, "time_ns": each} for name, each in times],
        "nest": found,
        "loops": [asdict(loop) for loop in loops[:SHOWN_LOOPS]],
        "remarks": remarks,
    }
    lines = {
        **run.lines,
        "time": duration(time_ns),
        "bound": _told(bound, time_ns),
    }
    counted = run.facts.get("counted")
    if "not_counted" in run.facts:
        lines["bytes"] = f"modelled; counters cannot be read here ({run.facts['not_counted']})"
    tables = [
        _time_table(times, time_ns),
        _limit_table(limits, time_ns, counted or {}),
        _nest_table(target, found),
        _loop_table(loops),
    ]
    told = "\n".join(f"- {remark}" for remark in remarks)
    return Report(facts, lines, tuple(filter(None, [*tables, told])), run.is_right)


def binding(limits: Iterable[Limit], time_ns: float) -> Limit | None:
    """Return the limit that a kernel of this time is nearest to."""
    possible = [limit for limit in limits if limit.time_ns < DISPROVED * time_ns]
    return max(possible, key=lambda limit: limit.time_ns, default=None)


def _told(bound: Limit | None, time_ns: float) -> str:
    """Return what to call the bound: functions and small kernels are far from every limit."""
    if bound is None:
        return "unknown"
    reached = f"{bound.name}, {bound.time_ns / time_ns:.0%} of it reached"
    if bound.time_ns < FAR * time_ns:
        return f"none of these, but instructions; the nearest is {reached}"
    return reached


def features(form: WorkloadForm, schedule: Schedule) -> dict[str, float]:
    """Return the cost model's features of a schedule, counts as they are."""
    fixed = Sketch("as it is", tuple(schedule.trace), (), ())
    row = extract(form.workload.outputs, fixed, np.zeros((1, 0), np.int64))[0]
    shares = feature_names.index("prefetch.steps") + 1
    return {
        name: float(np.exp2(value) - 1) if place < shares else float(value)
        for place, (name, value) in enumerate(zip(feature_names, row, strict=True))
    }


def _flops(form: WorkloadForm, schedule: Schedule, found: Mapping[str, float]) -> float | None:
    """Return the operations of the expression, or of the heaviest loops of another algorithm."""
    if any(step.algorithm for step in schedule.trace):
        return found["nest.flops"]
    return form.flops if isinstance(form.flops, int) else None


def _limits(
    target: Target, form: WorkloadForm, flops: float | None, found: Mapping[str, float]
) -> list[Limit]:
    """Return the least time of arithmetic and of each level of memory, on this machine only."""
    peak, here, cores = measured_here(target), Target.host(), target.threads
    if peak is None:
        return []
    limits = arithmetic_limits(here, peak, cores, form.workload, flops)
    levels = (
        ("reads of L2", "32k", peak.l2_gbytes * cores, 0),
        ("reads of L3", "1m", peak.l3_gbytes, here.l2_bytes * cores),
        ("reads of memory", "32m", peak.dram_gbytes, here.l3_bytes),
    )
    for name, capacity, gbytes, holds in levels:
        if isinstance(form.workload.bytes, int) and form.workload.bytes <= holds:
            continue  # call after call finds all arrays in the memory before it
        moved = sum(
            found.get(f"{part}.traffic_{capacity}", 0.0) for part in ("nest", "second", "others")
        )
        limits.append(Limit(name, moved / 1e6, "MB", moved / gbytes))
    return limits


def _time_table(times: Sequence[tuple[str, float]], time_ns: float) -> str:
    rows = [(name, duration(each), f"{each / time_ns:.0%}") for name, each in times]
    return table(("loops of", "time", "of the whole"), rows) if rows else ""


def _limit_table(limits: list[Limit], time_ns: float, counted: Mapping[str, float]) -> str:
    rows = [
        (
            each.name,
            f"{each.work:.3g} {each.unit}",
            duration(each.time_ns),
            f"{each.time_ns / time_ns:.0%}{_doubt(each, time_ns)}",
            *(
                [f"{counted[each.name] / 1e6:.3g} MB" if each.name in counted else ""]
                * bool(counted)
            ),
        )
        for each in limits
    ]
    columns = ("at least for", "work", "time", "of the measured", *["counted"] * bool(counted))
    return table(columns, rows) if rows else ""


def _doubt(limit: Limit, time_ns: float) -> str:
    """Return what a measured time far below a limit says about it."""
    if limit.time_ns < DISPROVED * time_ns:
        return ""
    return ", so fewer are moved" if limit.unit == "MB" else ", so fewer are computed"


def _nest_table(target: Target, found: Mapping[str, float]) -> str:
    rows = [
        ("iterations shared by threads", f"{found['nest.tasks']:.0f}"),
        ("elements of a vector statement", f"{found['nest.lanes']:.0f}"),
        ("sums kept in registers", f"{found['nest.accumulators']:.0f}"),
        ("registers needed", f"{found['nest.pressure']:.0f} of {target.vector_registers}"),
        ("operations for a byte from L2", f"{found['nest.intensity_32k']:.3g}"),
        ("points that are padding", f"{found['nest.added']:.0%}"),
    ]
    return table(("the heaviest loops", ""), rows)


def _loop_table(loops: list[HotLoop]) -> str:
    columns = ("instructions", "fused", "loads", "stores", "spills", "registers")
    rows = [
        (each.label, *(getattr(each, column) for column in columns)) for each in loops[:SHOWN_LOOPS]
    ]
    return table(("innermost loop", *columns), rows) if rows else ""


def _remarks(
    target: Target, found: Mapping[str, float], loops: list[HotLoop], time_ns: float,
    bound: Limit | None,
) -> list[str]:  # fmt: skip
    """Return what a reader may want to change."""
    remarks = []
    if bound is not None and bound.time_ns >= NEAR * time_ns:
        remarks.append(f"It is at the limit of {bound.name}: only fewer of them make it faster.")
    hottest = loops[0] if loops and loops[0].fused else None
    if hottest is not None and hottest.spills:
        remarks.append(
            f"Its hottest loop moves {hottest.spills} vectors to or from the stack: a smaller tile "
            "would stay in registers."
        )
    if hottest is not None and hottest.loads > hottest.fused:
        remarks.append(
            "Its hottest loop loads more often than it multiplies: a tile of more rows and columns "
            "uses each load more often."
        )
    if found["nest.lanes"] <= 1:
        remarks.append("Its heaviest loops are not vectorized.")
    tasks = found["nest.tasks"]
    if target.threads > 1 and tasks < 2 * target.threads and tasks % target.threads:
        remarks.append(
            f"Its {tasks:.0f} parallel iterations do not divide among {target.threads} threads."
        )
    return remarks
