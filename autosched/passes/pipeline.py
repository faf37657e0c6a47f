"""Runs the passes on a function, in their order."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from autosched.errors import LoweringError
from autosched.ir.stmt import Function
from autosched.ir.verifier import verify
from autosched.passes.interior import interior
from autosched.passes.join import join
from autosched.passes.omit import omit
from autosched.passes.partition import partition
from autosched.passes.promote import promote
from autosched.passes.scatter import scatter
from autosched.passes.segment import segment
from autosched.passes.simplify import simplify
from autosched.passes.tighten import tighten
from autosched.passes.unroll import unroll
from autosched.passes.unswitch import unswitch
from autosched.passes.vectorize import vectorize
from autosched.target.target import Target


@dataclass(frozen=True, slots=True)
class Pass:
    """A named step from loop nest to loop nest."""

    name: str
    run: Callable[[Function, Target], Function]


PIPELINE: tuple[Pass, ...] = (
    Pass("join", join),
    Pass("simplify", simplify),
    Pass("scatter", scatter),
    Pass("partition", partition),
    Pass("interior", interior),
    Pass("simplify_parts", simplify),
    Pass("omit", omit),
    Pass("tighten", tighten),
    Pass("promote", promote),
    Pass("segment", segment),
    Pass("unswitch", unswitch),
    Pass("vectorize", vectorize),
    Pass("simplify_vectors", simplify),
    Pass("unroll", unroll),
)


@dataclass(frozen=True, slots=True)
class PassReport:
    """The time that a pass took, and its result."""

    name: str
    time_ms: float
    function: Function


def run(function: Function, target: Target, *, check: bool = False) -> Function:
    """Run every pass on `function`; with `check`, verify each result."""
    reports = trace(function, target, check=check)
    return reports[-1].function


def trace(
    function: Function, target: Target, *, after: str | None = None, check: bool = False
) -> list[PassReport]:
    """Run the passes up to the one named `after`; return a report of each."""
    if after is not None and after not in {p.name for p in PIPELINE}:
        names = ", ".join(p.name for p in PIPELINE)
        raise LoweringError(f"expected a pass, got {after!r}", hint=f"the passes are {names}")
    reports = []
    for step in PIPELINE:
        start = time.perf_counter()
        function = step.run(function, target)
        reports.append(PassReport(step.name, (time.perf_counter() - start) * 1e3, function))
        if check:
            verify(function)
        if step.name == after:
            break
    return reports
