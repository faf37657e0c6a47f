"""The inputs and sizes of a model from a command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autosched.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from autosched.graph.graph import Graph


FALLBACKS = ("onnxruntime",)


@dataclass(frozen=True)
class GivenModel:
    """The file of a model, and the words of a command line for its inputs and sizes.

    What autosched does not support goes to the library `fallback`, if there is one.
    """

    file: Path
    inputs: Sequence[str] = ()
    sizes: Sequence[str] = ()
    fallback: str | None = None

    def graph(self) -> Graph:
        """Read the file. Raises GraphError."""
        from autosched.frontend.read import graph_of

        return graph_of(self.file, **({"fallback": self.fallback} if self.fallback else {}))

    @property
    def whole(self) -> Callable[[], Graph] | None:
        """What makes the graph that the fallback runs whole; None without a fallback."""
        from autosched.frontend.read import fallback_of

        return fallback_of(self.file, self.fallback)

    def arrays(self, graph: Graph, seed: int = 0) -> dict[str, np.ndarray]:
        """Return an array for each input: the one given, or one that is drawn."""
        from autosched.graph.drawing import complete

        given = given_arrays(self.inputs, graph)
        return complete(graph, given, given_sizes(self.sizes, graph), seed)


def given_sizes(words: Sequence[str], graph: Graph) -> dict[str, int]:
    """Return the sizes of the words NAME=N. Raises GraphError for another word or name."""
    sizes: dict[str, int] = {}
    for word in words:
        name, value = _split(word, graph.sizes, f"a size of {graph.name} as NAME=N")
        if not value.isdecimal():
            raise GraphError(f"expected a number for the size {name}, got {value!r}")
        sizes[name] = int(value)
    return sizes


def given_arrays(words: Sequence[str], graph: Graph) -> dict[str, np.ndarray]:
    """Return the arrays of words NAME=FILE.npy or NAME=NUMBERS. Raises GraphError."""
    types = {value.name: value.type for value in graph.inputs}
    arrays: dict[str, np.ndarray] = {}
    for word in words:
        name, value = _split(word, list(types), f"an input of {graph.name} as NAME=FILE.npy")
        kind = types[name]
        if value.endswith(".npy"):
            arrays[name] = _loaded(Path(value), name)
        else:
            arrays[name] = _numbers(value, name, None if kind is None else kind.dtype.numpy)
    return arrays


def _split(word: str, names: Sequence[str], wanted: str) -> tuple[str, str]:
    """Return the name at the start of a word, which may have any character, and its value."""
    for name in sorted(names, key=len, reverse=True):
        if word.startswith(f"{name}="):
            return name, word[len(name) + 1 :]
    raise GraphError(f"expected {wanted}, for {', '.join(names) or 'none'}, got {word!r}")


def _loaded(path: Path, name: str) -> np.ndarray:
    import numpy as np

    try:
        # Mapped first: a file that says it has more than it has is refused.
        return np.array(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise GraphError(
            f"expected an array in {path} for the input {name}, got {error}"
        ) from error


def _numbers(text: str, name: str, element: np.dtype | None) -> np.ndarray:
    import numpy as np

    try:
        return np.array(json.loads(text), element)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise GraphError(
            f"expected a file FILE.npy or numbers such as [1, 2] for the input {name}, got {text!r}"
        ) from error
