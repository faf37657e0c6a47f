"""A StableHLO program as a graph."""

from __future__ import annotations

import os
from typing import Any

from autosched.frontend.stablehlo.importer import functions_of, imported, main_of
from autosched.frontend.stablehlo.opened import is_open, opened
from autosched.frontend.stablehlo.reading import parsed, text_of
from autosched.graph.graph import Graph


def from_stablehlo(model: Any) -> Graph:
    """The graph of a StableHLO program: a file of its text, or a `jax.export.Exported`.

    Inputs have the names of the function's arguments where the text has them, and sizes left open
    those that they were exported with. Raises GraphError for a text that is broken, and one that
    names everything in it that is not supported: each operation, and how often.
    """
    text = text_of(model)
    module = parsed(text)
    name = os.path.basename(os.fspath(model)) if isinstance(model, str | os.PathLike) else "main"
    if is_open(main_of(functions_of(module))):
        return opened(module, text, name, model)
    return imported(module, name)
