"""`autosched run model.onnx`: compile a model, check its numbers, time it beside its peers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autosched.cli.chosen import chosen_model, prepared
from autosched.cli.given import GivenModel, given_arrays
from autosched.cli.options import database_path
from autosched.cli.outputs import check_file, write_file
from autosched.cli.reply import DONE, FAILED, Reply
from autosched.text import pairs, size, table

if TYPE_CHECKING:
    import numpy as np

    from autosched.backends.base import Backend
    from autosched.backends.reporter import NetworkRequest
    from autosched.graph.model import Model
    from autosched.graph.network import Network
    from autosched.graph.report import Report
    from autosched.measure.verify import Expected

TOLERANCE = 1e-4
"""Of a float, beside its own size and the root mean square of the output."""


@dataclass(frozen=True)
class ModelRequest:
    """The options of `autosched run` for a model's file."""

    model: GivenModel
    seed: int
    peers: bool
    profile: str | None = None
    """A file for a Chrome trace, empty for the table alone; None for no profile."""


def run_model(request: ModelRequest, backend: Backend, database: Path | None) -> Reply:
    """Run a model on the inputs that are given, the others drawn, and report."""
    trace = _trace_file(request, database)
    model = chosen_model(request.model, backend, database)
    arrays = request.model.arrays(model.graph, request.seed)
    network, compile_s = prepared(model, request.model, arrays)
    report = backend.reporter.run_network(_network_request(request, model, network, arrays))
    profile = None if request.profile is None else model.profile(arrays)
    if profile is not None and trace is not None:
        write_file(trace, profile.chrome_trace())
    steps = model.report
    inputs = {name: f"{array.dtype}{list(array.shape)}" for name, array in arrays.items()}
    given = given_arrays(request.model.inputs, model.graph)
    drawn = [name for name in arrays if name not in given]
    facts = {
        "model": {"file": str(request.model.file), "name": model.graph.name},
        "target": str(backend),
        "inputs": inputs,
        "drawn": drawn,
        "seed": request.seed,
        "compile_s": compile_s,
        "arena_bytes": network.arena_bytes,
        "weights_bytes": network.weights_bytes,
        "schedules": steps.counts,
        "steps": [asdict(step) for step in steps.steps],
        **report.facts,
        **({} if profile is None else {"profile": [step.facts for step in profile.steps]}),
    }
    head = {
        "model": request.model.file,
        "inputs": ", ".join(f"{name}: {kind}" for name, kind in inputs.items()),
        **({"drawn": f"{', '.join(drawn)}, with the seed {request.seed}"} if drawn else {}),
        **backend.reporter.where,
        "network": f"{steps.summary}, compiled in {compile_s:.1f} s",
        "memory": f"{size(network.arena_bytes)} between the steps, "
        f"{size(network.weights_bytes)} of weights",
        **report.lines,
        **({} if trace is None else {"trace": trace}),
    }
    profiles = [] if profile is None else [str(profile)]
    text = "\n\n".join([pairs(head), *_by_numpy(steps), *profiles, *report.tables])
    return Reply(facts, text, DONE if report.is_right else FAILED)


def _network_request(
    request: ModelRequest, model: Model, network: Network, arrays: Mapping[str, np.ndarray]
) -> NetworkRequest:
    from autosched.backends.reporter import NetworkRequest
    from autosched.graph.report import step_times

    inputs, given = list(arrays.values()), model.prepared(arrays)[1]
    return NetworkRequest(
        lambda: model.run(inputs),
        _expected(model, network, arrays),
        model.report.flops,
        request.model.file,
        arrays,
        request.peers,
        lambda: step_times(network, given),
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
    check_file(path, ".json", [database_path(database), request.model.file])
    return path
