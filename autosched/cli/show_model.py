"""`autosched show model.onnx`: the graph, its groups, the plan, or the code of every kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autosched.cli.chosen import chosen_model, prepared
from autosched.cli.given import GivenModel
from autosched.cli.options import database_path
from autosched.cli.outputs import check_file, write_file
from autosched.cli.reply import Reply
from autosched.text import table

if TYPE_CHECKING:
    from autosched.backends.base import Backend
    from autosched.graph.model import Model
    from autosched.graph.network import Network
    from autosched.graph.steps import Step

MODEL_FORMS = ("graph", "fused", "plan")
"""The forms of a model besides those of each of its kernels."""

Code = Callable[["Step"], str | None]
"""The code of a step's kernel; None where its target has none of the form."""


@dataclass(frozen=True)
class ShowRequest:
    """The options of `autosched show` for a model's file."""

    model: GivenModel
    form: str
    passes: bool
    wanted: str
    picture: Path | None


def show_model(request: ShowRequest, backend: Backend, database: Path | None, code: Code) -> Reply:
    """Show a model; `code` gives that of a kernel in the form that is asked for."""
    from autosched.graph.printer import text

    if request.picture is not None:
        check_file(request.picture, ".svg", [request.model.file, database_path(database)])
    head = {"model": str(request.model.file), "ir": request.form}
    model = chosen_model(request.model, backend, database, request.wanted)
    if request.form == "graph" and not request.passes and request.picture is None:
        shown = text(model.graph)
        return Reply({**head, "text": shown}, shown)
    arrays = request.model.arrays(model.graph)
    if request.passes:
        return _passes(request, model, arrays)
    network, _ = prepared(model, request.model, arrays)
    if request.picture is not None:
        from autosched.cli.plots.network import network_svg

        write_file(request.picture, network_svg(network, model.profile(arrays)))
        said = f"{model.report.summary}, drawn in {request.picture}"
        return Reply({**head, "plot": str(request.picture)}, said)
    shown = _text(network, request.form, code)
    return Reply({**head, "text": shown}, shown)


def _text(network: Network, form: str, code: Code) -> str:
    from autosched.graph.listing import fused_text, plan_text

    forms = {"fused": fused_text, "plan": plan_text}
    return forms[form](network) if form in forms else "\n\n".join(_codes(network, code))


def _codes(network: Network, code: Code) -> Iterator[str]:
    """The code of each task, below the names of its steps."""
    from autosched.graph.report import report_of

    same: dict[str, list[Step]] = {}
    for step in network.steps:
        if step.task is not None:
            same.setdefault(report_of(step).short_task, []).append(step)
    for task, steps in same.items():
        names, text = ", ".join(step.group.name for step in steps), code(steps[0])
        if text is not None:
            yield f"# task {task}: {names}\n{text.rstrip()}"


def _passes(request: ShowRequest, model: Model, arrays: dict[str, Any]) -> Reply:
    reports = model.passes(arrays)
    documents = [
        {"name": report.name, "time_ms": report.time_ms, "nodes": len(report.graph.nodes)}
        for report in reports
    ]
    rows = [(each["name"], f"{each['time_ms']:.2f} ms", each["nodes"]) for each in documents]
    shown = table(("pass", "time", "nodes left"), rows)
    return Reply({"model": str(request.model.file), "passes": documents}, shown)
