"""Models of any kind become graphs: the table of what can be read."""

from __future__ import annotations

import os
import pkgutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autosched.errors import GraphError, OptionError, a_kind

if TYPE_CHECKING:
    from autosched.graph.graph import Graph


@dataclass(frozen=True)
class Frontend:
    """Reads models of one kind.

    `suffixes` are those of its files; `classes` are its classes in memory, as `module.Class`, so
    that nothing is imported to tell them; `home` is the function, as `module:name`, that makes a
    graph of either. `whole` is the one that makes a graph of a node that the fallback runs.
    """

    home: str
    suffixes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    whole: str = ""

    def read(self, model: object, **options: Any) -> Graph:
        """The graph of a model. Raises OptionError for an option it has not."""
        function: Callable[..., Graph] = pkgutil.resolve_name(self.home)
        _, *known = signature(function).parameters
        _check_options(options, known)
        return function(model, **options)


FRONTENDS = (
    Frontend(
        home="autosched.frontend.onnx.importer:from_onnx",
        suffixes=(".onnx",),
        classes=("onnx.onnx_ml_pb2.ModelProto",),
        whole="autosched.frontend.onnx.importer:in_onnxruntime",
    ),
    Frontend(
        home="autosched.frontend.torch.program:from_torch",
        classes=(
            "torch.export.exported_program.ExportedProgram",
            "torch.nn.modules.module.Module",
        ),
    ),
    Frontend(
        home="autosched.frontend.stablehlo.program:from_stablehlo",
        suffixes=(".mlir", ".stablehlo"),
        classes=("jax._src.export._export.Exported",),
    ),
)
"""Every kind of model that is read."""


def is_model(path: str) -> bool:
    """Whether a word names a file of a model, which need not exist."""
    return Path(path).suffix.lower() in _suffixes()


def graph_of(model: object, **options: Any) -> Graph:
    """The graph of a model: a file, an object of a library, or a graph, which is returned as is.

    `options` are those of the function that reads it. Raises GraphError for what cannot be read,
    OptionError for another option.
    """
    from autosched.graph.graph import Graph  # late: `is_model` does without graphs

    if isinstance(model, Graph):
        _check_options(options, ())
        return model
    return _frontend(model).read(model, **options)


def fallback_of(model: object, fallback: str | None) -> Callable[[], Graph] | None:
    """What makes a graph of one node, in which the library `fallback` runs the whole model.

    None without a fallback.
    """
    from autosched.graph.graph import Graph

    if not fallback or isinstance(model, Graph):
        return None
    whole = _frontend(model).whole
    return partial(pkgutil.resolve_name(whole), model) if whole else None


def _check_options(options: Collection[str], known: Sequence[str]) -> None:
    for name in options:
        if name not in known:
            wanted = ", ".join(known) or "none"
            raise OptionError(f"expected options for this kind of model ({wanted}), got {name!r}")


def _frontend(model: object) -> Frontend:
    if isinstance(model, str | os.PathLike):
        suffix = Path(model).suffix.lower()
        for frontend in FRONTENDS:
            if suffix in frontend.suffixes:
                return frontend
        wanted = ", ".join(_suffixes())
        raise GraphError(f"expected a file of a model ({wanted}), got {os.fspath(model)!r}")
    names = {f"{cls.__module__}.{cls.__qualname__}" for cls in type(model).__mro__}
    for frontend in FRONTENDS:
        if names.intersection(frontend.classes):
            return frontend
    raise GraphError(f"expected a model or the path of one, got {a_kind(model)}")


def _suffixes() -> list[str]:
    return [suffix for frontend in FRONTENDS for suffix in frontend.suffixes]
