"""Functions of tensors as graphs, and what PyTorch gives for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._pytree import tree_leaves

from autosched.frontend.torch.decompositions import for_aot
from autosched.frontend.torch.importer import Importer
from autosched.frontend.torch.supported import check_supported
from autosched.frontend.torch.tensors import array_of, tensor_of
from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph, Value

Function = Callable[..., Any]


def traced(function: Function, *inputs: torch.Tensor, composite: bool = True) -> Any:
    """The program of a function; with `composite` as `torch.export` has it, else as AOTAutograd."""

    def flat(*given: torch.Tensor) -> list[Any]:
        return [leaf for leaf in tree_leaves(function(*given)) if isinstance(leaf, torch.Tensor)]

    with torch.no_grad():
        module = make_fx(
            flat if composite else torch.func.functionalize(flat),
            decomposition_table=for_aot(),
            tracing_mode="fake",
            pre_dispatch=composite,
        )(*inputs)
    module.graph.eliminate_dead_code()
    return module


def graph_of(function: Function, *inputs: torch.Tensor, composite: bool = True) -> Graph:
    module = traced(function, *inputs, composite=composite)
    check_supported(module)
    importer = Importer("main")
    for node in module.graph.find_nodes(op="placeholder"):
        importer.input(node)
    return importer.graph([v for v in importer.outputs(module) if isinstance(v, Value)])


def run_graph(graph: Graph, inputs: Sequence[torch.Tensor]) -> list[np.ndarray]:
    return evaluate(graph, [array_of(tensor) for tensor in inputs])


def check_same(got: Sequence[np.ndarray], wanted: Any, tolerance: float = 1e-5) -> None:
    tensors = [leaf.detach() for leaf in tree_leaves(wanted) if isinstance(leaf, torch.Tensor)]
    for array, right in zip(got, tensors, strict=True):
        made = tensor_of(array, right.dtype)
        torch.testing.assert_close(made, right, rtol=tolerance, atol=tolerance)
