"""Programs of `torch.export` as graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autosched.errors import GraphError
from autosched.frontend.torch.importer import Importer, check_supported
from autosched.frontend.torch.node import converter_of
from autosched.frontend.torch.sizes import Sizes
from autosched.frontend.torch.tensors import torch_package
from autosched.graph.graph import Graph, Value, without_unused
from autosched.graph.infer import TypedBuilder

if TYPE_CHECKING:
    from torch.export import ExportedProgram


def from_torch(program: ExportedProgram, name: str = "main") -> Graph:
    """The graph of an exported program, with copies of its weights as constants.

    PyTorch decomposes the operators that have no converter. Sizes that the program leaves open
    stay open; values have the names of the program's nodes and of the modules they stand in.
    Raises GraphError for a program that changes a tensor it is given, and one that names
    everything that is not supported: each operator, how often, and where first.
    """
    program = program.run_decompositions(_decompositions())
    signature = program.graph_signature
    changed = [*signature.buffers_to_mutate.values(), *signature.user_inputs_to_mutate.values()]
    if changed:
        raise GraphError(
            f"expected a program that changes no tensor, got one that changes {', '.join(changed)}",
            hint="model.eval() before the export keeps statistics as they are",
        )
    check_supported(program.graph_module)
    builder = TypedBuilder(name)
    importer = Importer(builder, Sizes(builder))
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
    outputs = importer.own([result for result in results if isinstance(result, Value)])
    return without_unused(builder.build(outputs))


def _decompositions() -> Any:
    """PyTorch's table of decompositions, but for the operators that have a converter."""
    torch_package()
    from torch.export import default_decompositions

    table = default_decompositions()
    for target in list(table):
        if converter_of(target) is not None:
            table.pop(target)
    return table
