"""Model files: JSON objects that name the kind of model and the features it was fitted to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autosched.cost_model.features import VERSION, feature_names
from autosched.errors import CostModelError
from autosched.files import write_whole

FORMAT = "autosched cost model"


def write(path: str | Path, kind: str, content: dict[str, Any]) -> None:
    """Write a model file, either whole or not at all."""
    document = {
        "format": FORMAT,
        "kind": kind,
        "features": {"version": VERSION, "names": list(feature_names)},
        **content,
    }
    write_whole(path, json.dumps(document))


def read(path: str | Path, kind: str) -> dict[str, Any]:
    """Return the content of a model file. Raises `CostModelError` if it cannot be used."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CostModelError(f"expected a cost model in {path}, got {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise CostModelError(f"expected a cost model in {path}, got other JSON")
    if document.get("kind") != kind:
        raise CostModelError(f"expected a {kind} model in {path}, got {document.get('kind')!r}")
    if document.get("features") != {"version": VERSION, "names": list(feature_names)}:
        raise CostModelError(
            f"expected a model of features of version {VERSION} in {path}, got other features",
            hint="fit it again with this version of autosched",
        )
    return document
