"""Programs of `torch.export` as graphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import getitem
from typing import TYPE_CHECKING, Any

from autosched.errors import GraphError, a_kind
from autosched.frontend.torch.decompositions import for_export
from autosched.frontend.torch.importer import Importer
from autosched.frontend.torch.node import converter_of
from autosched.frontend.torch.supported import check_supported, tensors_of
from autosched.frontend.torch.tensors import torch_package
from autosched.graph.graph import Graph, Value

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import GraphModule
    from torch.nn import Module


def from_torch(
    model: ExportedProgram | Module,
    *,
    inputs: Sequence[Any] | Mapping[str, Any] | None = None,
    dynamic_shapes: Any = None,
    name: str = "main",
) -> Graph:
    """The graph of an exported program, or of a module, with copies of its weights as constants.

    A module is exported for inference on `inputs`, examples of its arguments in order or by name;
    `dynamic_shapes` are as for `torch.export.export`. PyTorch decomposes the operators that have
    no converter. Sizes that the program leaves open stay open; values have the names of the
    program's nodes and of the modules they stand in.

    Raises GraphError for a program that changes a tensor it is given, and one that names
    everything that is not supported: each operator, how often, and where first.
    """
    program = _exported(model, inputs, dynamic_shapes)
    if not _is_plain(program.graph_module):
        program = program.run_decompositions(for_export())
    signature = program.graph_signature
    changed = [*signature.buffers_to_mutate.values(), *signature.user_inputs_to_mutate.values()]
    if changed:
        raise GraphError(
            f"expected a program that changes no tensor, got one that changes {', '.join(changed)}",
            hint="model.eval() before the export keeps statistics as they are",
        )
    check_supported(program.graph_module)
    importer = Importer(name)
    stored = {**program.state_dict, **program.constants}
    targets = {
        **signature.inputs_to_parameters,
        **signature.inputs_to_buffers,
        **signature.inputs_to_lifted_tensor_constants,
    }
    for node in program.graph.find_nodes(op="placeholder"):
        if node.name in targets:
            target = targets[node.name]
            importer.constant(node, stored[target], target, copied=True)
        elif isinstance(node.meta.get("val"), torch_package().Tensor):
            importer.input(node)
    results = importer.outputs(program.graph_module)
    return importer.graph([result for result in results if isinstance(result, Value)])


def _exported(model: ExportedProgram | Module, inputs: Any, dynamic_shapes: Any) -> ExportedProgram:
    torch = torch_package()
    if not isinstance(model, torch.nn.Module):
        return model
    if inputs is None:
        raise GraphError(
            "expected examples of the inputs of a PyTorch module, got none",
            hint="pass inputs=(x,), or a mapping by name",
        )
    if not isinstance(inputs, list | tuple | Mapping):
        raise GraphError(
            f"expected a list of examples of inputs, got {a_kind(inputs)}",
            hint="pass inputs=(x,), or a mapping by name",
        )
    if model.training:
        raise GraphError("expected a module in eval mode", hint="call model.eval() first")
    args, named = ((), dict(inputs)) if isinstance(inputs, Mapping) else (tuple(inputs), None)
    with torch.no_grad():
        return torch.export.export(model, args, named, dynamic_shapes=dynamic_shapes)


def _is_plain(module: GraphModule) -> bool:
    """Whether every operator has a converter, and none changes a tensor."""
    for node in module.graph.nodes:
        if node.op == "call_function" and hasattr(node.target, "_schema"):
            is_known = converter_of(node.target) is not None or not tensors_of(node)
            if not is_known or node.target._schema.is_mutable:
                return False
        elif node.op == "call_function" and tensors_of(node) and node.target is not getitem:
            return False
    return True
