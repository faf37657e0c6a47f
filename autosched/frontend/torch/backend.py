"""The backend `autosched` of `torch.compile`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Integral
from typing import TYPE_CHECKING, Any, Literal

from autosched.backends.base import Backend
from autosched.backends.parse import as_backend
from autosched.errors import GraphError
from autosched.frontend.torch.compiling import CompiledProgram, Runner
from autosched.frontend.torch.decompositions import for_aot
from autosched.frontend.torch.tensors import torch_package
from autosched.graph.graph import Graph
from autosched.graph.kernels import Kernels
from autosched.graph.network import compiled
from autosched.graph.passes import pipeline
from autosched.search.kernels import opened_to_read

if TYPE_CHECKING:
    from torch.fx import GraphModule

Fallback = Literal["eager", "error"]


@dataclass(frozen=True)
class Options:
    """What `torch.compile(model, backend="autosched", options={...})` takes.

    `threads` 0 means every core. `db` is the file of a database of tuned schedules, by default
    the user's own. A graph with an operator that is not supported runs in PyTorch, with a
    warning, or is an error.
    """

    threads: int = 0
    db: str | None = None
    fallback: Fallback = "eager"

    @staticmethod
    def of(given: Mapping[str, Any] | None) -> Options:
        """The options by name. Raises GraphError for another name or a value that cannot be."""
        known = Options.__dataclass_fields__
        unknown = [name for name in given or {} if name not in known]
        if unknown:
            raise GraphError(f"expected options {', '.join(known)}, got {', '.join(unknown)}")
        made = Options(**(given or {}))
        if made.fallback not in ("eager", "error"):
            raise GraphError(f"expected a fallback of 'eager' or 'error', got {made.fallback!r}")
        if not isinstance(made.threads, Integral) or int(made.threads) < 0:
            raise GraphError(f"expected a number of threads, of 0 or more, got {made.threads!r}")
        return made


def backend(
    module: GraphModule,
    inputs: Sequence[Any],
    *,
    options: Mapping[str, Any] | None = None,
    **_: Any,
) -> Callable[..., Any]:
    """What `torch.compile` runs in place of a graph of PyTorch's.

    AOTAutograd takes apart what changes tensors in place, and makes the graphs of a training
    step. Weights are constants where no gradients are asked for. A network is made when
    arguments of new sizes come. Raises GraphError for options that are not there.
    """
    torch_package()
    from torch._dynamo.backends.common import aot_autograd

    chosen = Options.of(options)
    target = as_backend("cpu").configured(chosen.threads, None)
    make = partial(_network, target=target, db=chosen.db)
    falls_back = chosen.fallback == "eager"

    def training(graph: GraphModule, _: Sequence[Any]) -> Callable[..., Any]:
        return _boxed(CompiledProgram(graph, [], make, falls_back))

    def inference(graph: GraphModule, _: Sequence[Any]) -> Callable[..., Any]:
        return _boxed(CompiledProgram(graph, _weights(), make, falls_back))

    compile_with = aot_autograd(
        fw_compiler=training,
        bw_compiler=training,
        inference_compiler=inference,
        decompositions=for_aot(),
    )
    return compile_with(module, inputs)


def _network(graph: Graph, target: Backend, db: str | None) -> Runner:
    with opened_to_read(db) as store:
        graph = pipeline.run(graph, of_target=pipeline.of_target(target))
        return compiled(graph, target, Kernels(store)).run


def _boxed(program: CompiledProgram) -> Callable[..., Any]:
    from functorch.compile import make_boxed_func

    return make_boxed_func(program)


def _weights() -> list[int]:
    """The places of the parameters and buffers that the graph being compiled does not change.

    Tokens, which keep the order of effects such as checks, are its first arguments.
    """
    from torch._guards import TracingContext

    context = TracingContext.try_get()
    if context is None or context.fw_metadata is None:
        return []
    found = context.fw_metadata
    own, tokens = found.input_info, len(found.tokens)
    return [n for n in found.static_input_indices if not own[n - tokens].mutates_data]
