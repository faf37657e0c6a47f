"""`autosched run model.onnx`: compile a model, check its numbers, time it beside its peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autosched.cli.chosen import chosen_model
from autosched.cli.given import given_arrays, given_sizes
from autosched.cli.options import database_path
from autosched.cli.reply import DONE, FAILED, Reply
from autosched.files import check_not_read, write_whole
from autosched.text import pairs, table

if TYPE_CHECKING:
    import numpy as np

    from autosched.backends.base import Backend
    from autosched.graph.model import Model
    from autosched.graph.network import Network
    from autosched.graph.report import Report
    from autosched.measure.verify import Expected

TOLERANCE = 1e-4
"""Of a float, beside its own size and the root mean square of the output."""


@dataclass(frozen=True)
class ModelRequest:
    """The options of `autosched run` for a model's file."""

    file: Path
    inputs: Sequence[str]
    sizes: Sequence[str]
    seed: int
    peers: bool
    profile: str | None = None
    """A file for a Chrome trace, empty for the table alone; None for no profile."""


def run_model(request: ModelRequest, backend: Backend, database: Path | None) -> Reply:
    """Run a model on the inputs that are given, the others drawn, and report."""
    from autosched.backends.reporter import NetworkRequest
    from autosched.graph.drawing import complete

    trace = _trace_file(request, database)
    model = chosen_model(request.file, backend, database)
    given = given_arrays(request.inputs, model.graph)
    sizes = given_sizes(request.sizes, model.graph)
    arrays = complete(model.graph, given, sizes, request.seed)
    network, _ = model.prepared(arrays)
    steps = model.report
    values = list(arrays.values())
    report = backend.reporter.run_network(
        NetworkRequest(
            lambda: model.run(values),
            _expected(model, network, arrays),
            steps.flops,
            request.file,
            arrays,
            request.peers,
        )
    )
    profile = None if request.profile is None else model.profile(arrays)
    if profile is not None and trace is not None:
        _write(trace, profile.chrome_trace())
    inputs = {name: f"{array.dtype}{list(array.shape)}" for name, array in arrays.items()}
    drawn = [name for name in arrays if name not in given]
    facts = {
        "model": {"file": str(request.file), "name": model.graph.name},
        "target": str(backend),
        "inputs": inputs,
        "drawn": drawn,
        "seed": request.seed,
        "arena_bytes": network.arena_bytes,
        "schedules": steps.counts,
        "steps": [asdict(step) for step in steps.steps],
        **report.facts,
        **({} if profile is None else {"profile": [step.facts for step in profile.steps]}),
    }
    head = {
        "model": request.file,
        "inputs": ", ".join(f"{name}: {kind}" for name, kind in inputs.items()),
        **({"drawn": f"{', '.join(drawn)}, with the seed {request.seed}"} if drawn else {}),
        **backend.reporter.where,
        "network": steps.summary,
        "memory": f"{network.arena_bytes / 1e6:.4g} MB between the steps",
        **report.lines,
        **({} if trace is None else {"trace": trace}),
    }
    profiles = [] if profile is None else [str(profile)]
    return Reply(
        facts,
        "\n\n".join([pairs(head), *_by_numpy(steps), *profiles, *report.tables]),
        DONE if report.is_right else FAILED,
    )


def _expected(model: Model, network: Network, arrays: Mapping[str, np.ndarray]) -> list[Expected]:
    """Compute the outputs by the reference evaluator."""
    from autosched.graph.evaluate import evaluate
    from autosched.measure.verify import Expected

    found = []
    for value, array in zip(network.graph.outputs, evaluate(model.graph, arrays), strict=True):
        element = array.dtype.name if value.type is None else value.type.dtype.name
        found.append(Expected(value.name, element, array, TOLERANCE))
    return found


def _by_numpy(steps: Report) -> list[str]:
    rows = [(step.name, "+".join(step.operators), step.reason) for step in steps.by_numpy]
    return [table(("by NumPy", "operators", "reason"), rows)] if rows else []


def _trace_file(request: ModelRequest, database: Path | None) -> Path | None:
    """Return the file of the trace; it is checked before other work."""
    if not request.profile:
        return None
    path = Path(request.profile)
    if path.suffix != ".json":
        raise click.UsageError(f"expected a file that ends in .json for a profile, got {path}")
    check_not_read(path, [database_path(database), request.file])
    return path


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text)
    except OSError as error:
        raise click.UsageError(f"expected a file to write the profile to, got {error}") from error
