"""Graphs of `torch.compile` as networks: one for each combination of sizes, made when it comes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from autosched.errors import AutoschedError
from autosched.frontend.torch.divided import Divided, Part, Program
from autosched.frontend.torch.frozen import Frozen, can_freeze
from autosched.frontend.torch.importer import Importer, Refused
from autosched.frontend.torch.sizes import Sizes
from autosched.frontend.torch.supported import refusal, unsupported
from autosched.frontend.torch.tensors import array_of, restrided, tensor_of, torch_package
from autosched.graph.graph import Graph, Value
from autosched.graph.kept import MOST_NETWORKS

if TYPE_CHECKING:
    import torch
    from torch.fx import GraphModule, Node

Runner = Callable[[Sequence[np.ndarray]], Sequence[np.ndarray]]
"""What computes the outputs of a graph from its inputs, as new arrays."""

MOST_CHANGES = 2
"""How often weights change until they are inputs as others, which needs no new network."""


@dataclass(frozen=True)
class _Passed:
    """A result that is an argument."""

    place: int


@dataclass(frozen=True)
class _Computed:
    """A result that is the next output of the graph; None as its strides is in C order."""

    dtype: torch.dtype
    strides: list[int] | None


@dataclass(frozen=True)
class _Specialized:
    """A program for some sizes, compiled.

    `given` are the places of the arguments that are inputs of the graph; `results` are those of
    the program, in order, and a number or None is itself.
    """

    run: Runner
    given: list[int]
    frozen: Frozen
    results: list[_Passed | _Computed | int | None]


class CompiledProgram:
    """What runs a program in place of PyTorch: a function of its arguments, tensors and numbers.

    `weights` are the places of arguments that seldom change: they become constants, and are
    checked before each run. `make` compiles a graph. Nodes that are not supported are computed by
    PyTorch, and so is a program that cannot be compiled, with a warning, if `falls_back`; else it
    raises the error. PyTorch computes all sizes that come after the first MOST_NETWORKS too.
    """

    def __init__(
        self,
        module: GraphModule,
        weights: Sequence[int],
        make: Callable[[Graph], Runner],
        falls_back: bool,
    ):
        self._module = module
        self._weights = list(weights)
        self._make = make
        self._falls_back = falls_back
        self._inputs: list[Node] = module.graph.find_nodes(op="placeholder")
        self._outputs = list(module.graph.find_nodes(op="output")[0].args[0])
        self._open = [place for place, node in enumerate(self._inputs) if _is_open(node)]
        self._known: dict[tuple[object, ...], _Specialized] = {}
        self._changes = 0
        self._lock = Lock()
        self._has_warned = False
        self._instead: Program | None = None
        refused = unsupported(module)
        if refused:
            self._fall_back(refusal(refused), refused)

    @property
    def is_eager(self) -> bool:
        """Whether PyTorch runs all of the program."""
        return self._instead is self._module

    def __call__(self, *arguments: Any) -> list[Any]:
        if self._instead is None:
            try:
                program = self._specialized(arguments)
            except Refused as error:
                self._fall_back(error, error.nodes)
            except AutoschedError as error:
                self._fall_back(error)
        if self._instead is not None:
            return list(self._instead(*arguments))
        if program is None:
            self._warn_of_sizes()
            return list(self._module(*arguments))
        outputs = iter(program.run([array_of(arguments[place]) for place in program.given]))
        found: list[Any] = []
        for result in program.results:
            if isinstance(result, _Passed):
                found.append(arguments[result.place])
            elif isinstance(result, _Computed):
                made = tensor_of(next(outputs), result.dtype)
                found.append(made if result.strides is None else restrided(made, result.strides))
            else:
                found.append(result)
        return found

    def _fall_back(self, error: AutoschedError, refused: Sequence[Node] = ()) -> None:
        """Let PyTorch compute the refused nodes, or the whole program where these are not told."""
        if not self._falls_back:
            raise error
        warnings.warn(f"PyTorch runs what autosched cannot: {error.message}", stacklevel=3)
        self._instead = self._module
        if refused and all(node.graph is self._module.graph for node in refused):
            divided = Divided(self._module, refused, self._part)
            self._instead = divided if divided.is_compiled else self._module

    def _warn_of_sizes(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            warnings.warn(
                f"PyTorch runs a graph for more sizes than the {MOST_NETWORKS} that it was "
                "compiled for; models that generate text have fixed sizes with a static cache",
                stacklevel=3,
            )

    def _part(self, part: Part) -> CompiledProgram:
        weights = {self._inputs[place] for place in self._weights}
        places = [place for place, node in enumerate(part.given) if node in weights]
        return CompiledProgram(part.module, places, self._make, self._falls_back)

    def _specialized(self, arguments: Sequence[Any]) -> _Specialized | None:
        """The network for these sizes; None for more sizes than networks are made for.

        Text that is generated word by word has other sizes with every word.
        """
        key = tuple(_key(arguments[place]) for place in self._open)
        with self._lock:
            made = self._known.get(key)
            weights = [arguments[place] for place in self._weights]
            if made is not None and not made.frozen.is_same(weights):
                made = None
                self._known.clear()
                self._changes += 1
                self._weights = self._weights if self._changes < MOST_CHANGES else []
            if made is None and len(self._known) < MOST_NETWORKS:
                self._known[key] = made = self._specialize(arguments)
            return made

    def _specialize(self, arguments: Sequence[Any]) -> _Specialized:
        importer = Importer("main", self._numbers(arguments))
        self._weights = [place for place in self._weights if can_freeze(arguments[place])]
        given = []
        for place, (node, argument) in enumerate(zip(self._inputs, arguments, strict=True)):
            if place in self._weights:
                importer.constant(node, argument, node.name, copied=False)
            elif isinstance(argument, torch_package().Tensor):
                importer.input(node)
                given.append(place)
        values = importer.outputs(self._module)
        results = [
            self._result(node, value, importer.sizes)
            for node, value in zip(self._outputs, values, strict=True)
        ]
        computed = [isinstance(result, _Computed) for result in results]
        graph = importer.graph(list(compress(values, computed)))
        frozen = Frozen([arguments[place] for place in self._weights])
        return _Specialized(self._make(graph), given, frozen, results)

    def _result(self, node: Any, value: Any, sizes: Sizes) -> _Passed | _Computed | int | None:
        if node in self._inputs:
            return _Passed(self._inputs.index(node))
        if isinstance(value, Value):
            fake = node.meta["val"]
            return _Computed(fake.dtype, sizes.strides(fake))
        return None if value is None else int(value)

    def _numbers(self, arguments: Sequence[Any]) -> dict[str, int]:
        """What PyTorch's symbols stand for in this call."""
        found: dict[str, int] = {}
        for place in self._open:
            fake, argument = self._inputs[place].meta["val"], arguments[place]
            is_size = not hasattr(fake, "shape")
            sizes, known = ([fake], [argument]) if is_size else (fake.shape, argument.shape)
            for size, number in zip(sizes, known, strict=True):
                if not isinstance(size, int) and size.node.expr.is_Symbol:
                    found[str(size.node.expr)] = int(number)
        return found


def _is_open(node: Node) -> bool:
    """Whether an argument is a size, or a tensor with sizes that are not known."""
    fake = node.meta["val"]
    sizes = fake.shape if hasattr(fake, "shape") else [fake]
    return any(isinstance(size, torch_package().SymInt) for size in sizes)


def _key(argument: Any) -> object:
    return tuple(argument.shape) if hasattr(argument, "shape") else argument
