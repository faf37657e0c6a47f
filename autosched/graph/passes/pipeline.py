"""The passes over a bound graph, in the order they run."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from autosched.backends.base import Backend
from autosched.errors import GraphError
from autosched.graph.graph import Graph
from autosched.graph.passes.bands import bands
from autosched.graph.passes.batch_norm import fold_batch_norm
from autosched.graph.passes.blind_rows import blind_rows
from autosched.graph.passes.branches import branches
from autosched.graph.passes.canonical import canonical
from autosched.graph.passes.chains import chains
from autosched.graph.passes.channels import channels
from autosched.graph.passes.denormals import denormals
from autosched.graph.passes.fold import fold
from autosched.graph.passes.gates import gates
from autosched.graph.passes.gelu import gelu
from autosched.graph.passes.hoist import hoist
from autosched.graph.passes.inside import inside
from autosched.graph.passes.norms import norms
from autosched.graph.passes.one_row import one_row
from autosched.graph.passes.padding import padding
from autosched.graph.passes.parts import parts
from autosched.graph.passes.planes import planes
from autosched.graph.passes.pointwise import pointwise
from autosched.graph.passes.powers import powers
from autosched.graph.passes.quantize import quantize
from autosched.graph.passes.reads import reads
from autosched.graph.passes.recurrent import recurrent
from autosched.graph.passes.scales import scales
from autosched.graph.passes.share import share
from autosched.graph.passes.transposed import transposed
from autosched.graph.passes.unsigned import unsigned
from autosched.graph.passes.wide_sums import wide_sums
from autosched.graph.passes.writes import writes

Pass = Callable[[Graph], Graph]

OFFLOAD = "offload"
"""The name of the pass for an accelerator."""

PLANES, CHAINS = "planes", "chains"
"""The names of the passes that ask the target which contractions one kernel computes."""

FOLLOWED_BY = {OFFLOAD: "channels", PLANES: "pointwise", CHAINS: "share"}
"""The passes that a target makes, each with the one that it runs before.

An accelerator takes convolutions as files have them.
"""

OF_PROCESSORS = ("unsigned",)
"""Passes that suit processors alone: they are left out with an accelerator."""

PIPELINE: dict[str, Pass] = {
    "branches": branches,
    "unsigned": unsigned,
    "quantize": quantize,
    "wide_sums": wide_sums,
    "fold": fold,
    "recurrent": recurrent,
    "canonical": canonical,
    "padding": padding,
    "batch_norm": fold_batch_norm,
    "channels": channels,
    "transposed": transposed,
    "denormals": denormals,
    "gelu": gelu,
    "gates": gates,
    "blind_rows": blind_rows,
    "powers": powers,
    "norms": norms,
    "one_row": one_row,
    "scales": scales,
    "pointwise": pointwise,
    "parts": parts,
    "hoist": hoist,
    "writes": writes,
    "reads": reads,
    "hoist_again": hoist,
    "canonical_again": canonical,
    "bands": bands,
    "share": share,
    "inside": inside,
}
"""By name. Each takes a bound graph to one that computes the same, with types."""


@dataclass(frozen=True, slots=True)
class PassReport:
    """What a pass took, and what it left."""

    name: str
    time_ms: float
    graph: Graph


def of_target(backend: Backend, offload: Pass | None = None) -> dict[str, Pass]:
    """The passes that a target makes; `offload` is that of an accelerator."""
    if offload is not None:
        return {OFFLOAD: offload}
    together = backend.computes_together
    return {PLANES: partial(planes, together=together), CHAINS: partial(chains, together=together)}


def run(
    graph: Graph, without: Collection[str] = (), of_target: Mapping[str, Pass] | None = None
) -> Graph:
    """The graph after every pass but those named; `of_target` are those that the target makes."""
    for report in trace(graph, without, of_target):
        graph = report.graph
    return graph


def trace(
    graph: Graph, without: Collection[str] = (), of_target: Mapping[str, Pass] | None = None
) -> Iterator[PassReport]:
    """What every pass did. Raises GraphError for the name of a pass that is not there."""
    check_names(without)
    for name, step in _passes(of_target or {}):
        if name not in without:
            start = time.perf_counter()
            graph = step(graph)
            yield PassReport(name, (time.perf_counter() - start) * 1e3, graph)


def _passes(of_target: Mapping[str, Pass]) -> Iterator[tuple[str, Pass]]:
    """All passes in order, with those that the target makes."""
    for name, step in PIPELINE.items():
        for own, following in FOLLOWED_BY.items():
            if own in of_target and following == name:
                yield own, of_target[own]
        if OFFLOAD not in of_target or name not in OF_PROCESSORS:
            yield name, step


def check_names(names: Collection[str]) -> None:
    """Raise GraphError for the name of a pass that is not there, and for no list of names."""
    if isinstance(names, str) or not isinstance(names, Collection):
        raise GraphError(
            f"expected a list of names of passes, got {names!r}",
            hint=f"write without=[{names!r}]" if isinstance(names, str) else None,
        )
    unknown = [name for name in names if name not in (*PIPELINE, *FOLLOWED_BY)]
    if unknown:
        raise GraphError(
            f"expected names of passes, got {', '.join(unknown)}",
            hint=f"the passes are {', '.join(PIPELINE)}",
        )
