"""Saved models: a folder of a graph's text, its weights, its schedules, and what it is for.

    model.json        the format, the target, the passes left out, the names of the weights
    graph.txt         the text of the graph, as the printer writes it
    weights.npz       the constants that the text names
    schedules.jsonl   the trials whose schedules its kernels have, as lines of a database

Nothing of it is executed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from autosched.errors import GraphError
from autosched.files import beside, write_whole
from autosched.graph import archive
from autosched.graph.graph import Graph
from autosched.graph.parser import parse
from autosched.graph.printer import named_constants, text
from autosched.graph.verifier import verify
from autosched.tuning_logs import MemoryStore, Store, export_lines, import_lines

FORMAT = "autosched model"
FORMAT_VERSION = 1

HEAD, GRAPH, WEIGHTS, SCHEDULES = "model.json", "graph.txt", "weights.npz", "schedules.jsonl"


@dataclass(frozen=True)
class SavedModel:
    """What a folder holds; `target` is a text, `without` the names of passes left out."""

    graph: Graph
    schedules: Store
    target: str
    without: Sequence[str]


def write(model: SavedModel, folder: Path) -> None:
    """Write a model to a folder. Raises GraphError where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        others = {path.name for path in folder.iterdir()} - {HEAD, GRAPH, WEIGHTS, SCHEDULES}
        if others:
            raise GraphError(
                f"expected a folder for nothing but a model, got {folder} with {min(others)}"
            )
        names = named_constants(model.graph)
        head = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "target": model.target,
            "without": list(model.without),
            "weights": list(names.values()),
        }
        arrays = {v: array for g in model.graph.nested for v, array in g.constants.items()}
        with beside(folder / WEIGHTS) as place:
            archive.write(place, [arrays[value] for value in names])
        write_whole(folder / GRAPH, text(model.graph) + "\n")
        write_whole(folder / SCHEDULES, "\n".join(export_lines(model.schedules)) + "\n")
        write_whole(folder / HEAD, json.dumps(head, indent=1) + "\n")
    except OSError as error:
        raise GraphError(f"expected a folder that can be written, got {error}") from error


def read(folder: Path) -> SavedModel:
    """The model in a folder.

    Raises GraphError where it holds none, and DatabaseError for schedules that are broken.
    """
    try:
        head = json.loads((folder / HEAD).read_text(encoding="utf-8"))
        names, target, without = _checked(head, folder)
        arrays = archive.read(folder / WEIGHTS)
        if len(arrays) != len(names):
            raise GraphError(f"expected {len(names)} arrays in {folder}, got {len(arrays)}")
        source = (folder / GRAPH).read_text(encoding="utf-8")
        graph = parse(source, dict(zip(names, arrays, strict=True)))
        verify(graph)
        schedules = MemoryStore()
        with (folder / SCHEDULES).open(encoding="utf-8") as lines:
            import_lines(lines, schedules)
    except (OSError, ValueError, RecursionError, OverflowError) as error:
        raise GraphError(f"expected a folder of a saved model, got {folder}: {error}") from error
    return SavedModel(graph, schedules, target, without)


def _checked(head: object, folder: Path) -> tuple[list[str], str, list[str]]:
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise GraphError(f"expected a folder of a saved model, got {folder}")
    if head.get("version") != FORMAT_VERSION:
        found = head.get("version")
        raise GraphError(f"expected version {FORMAT_VERSION} of a saved model, got {found!r}")
    names, target, without = head.get("weights"), head.get("target"), head.get("without")
    if not (_are_words(names) and isinstance(target, str) and _are_words(without)):
        raise GraphError(f"expected weights, a target and passes in {folder / HEAD}, got others")
    return names, target, without


def _are_words(given: object) -> TypeGuard[list[str]]:
    return isinstance(given, list) and all(isinstance(word, str) for word in given)
