"""Programs with open sizes: imported anew for each size, once JAX has put the sizes in.

    opened(tensor<?x8xf32>)  ->  main(tensor<5x8xf32>): opened(convert to tensor<?x8xf32>)

JAX then follows the sizes through the program, until none is open any more.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from autosched.errors import GraphError
from autosched.frontend.stablehlo.importer import (
    argument_name,
    called_by,
    check_supported,
    functions_of,
    imported,
    main_of,
)
from autosched.frontend.stablehlo.reading import element_of, mlir, parsed
from autosched.graph.graph import Graph, GraphBuilder
from autosched.graph.operators.control import Expanded
from autosched.graph.operators.operator import operator
from autosched.graph.types import Size, TensorType

SIZED = (
    "dynamic_broadcast_in_dim", "dynamic_conv", "dynamic_gather", "dynamic_iota", "dynamic_pad",
    "dynamic_reshape", "get_dimension_size", "real_dynamic_slice", "custom_call @shape_assertion",
    "custom_call @stablehlo.dynamic_reduce_window",
)  # fmt: skip
"""Operations that are others, constants or checks once the sizes are known."""


@operator("stablehlo")
class Program(Expanded):
    """The results of a StableHLO program with open sizes, whose text is in base64."""

    text: str

    def graph(self, *given: TensorType) -> Graph:
        return _graph(self.text, given)


def is_open(main: Any) -> bool:
    """Whether an argument of a function has a size that is open."""
    arguments = main.regions[0].blocks[0].arguments
    return not all(argument.type.has_static_shape for argument in arguments)


def opened(module: Any, text: str, name: str, model: Any) -> Graph:
    """The graph of one node of a program; its sizes have their names in a `jax.export.Exported`.

    Raises GraphError for a program that names something that is not supported.
    """
    functions = functions_of(module)
    main = main_of(functions)
    check_supported(main, functions, *(f"stablehlo.{kind}" for kind in SIZED))
    builder = GraphBuilder(name)
    arguments = list(main.regions[0].blocks[0].arguments)
    shapes = _named_shapes(model)
    inputs = []
    for number, argument in enumerate(arguments):
        own = _name(main, number, functions)
        shape = shapes[number] if shapes else argument.type.shape
        kind = TensorType(element_of(argument.type), _sizes(argument.type, shape, own))
        inputs.append(builder.input(own, kind))
    count = len(_type_of(main).results)
    program = Program(base64.b64encode(text.encode()).decode())
    names = [f"result{number}" for number in range(count)]
    return builder.build(builder.add(program, *inputs, outputs=names))


def _name(main: Any, number: int, functions: dict[str, Any]) -> str:
    """The name of an argument, which JAX writes into the function that the first one calls."""
    own = argument_name(main, number)
    for use in main.regions[0].blocks[0].arguments[number].uses:
        called = called_by(use.owner, functions)
        if called is not None and own.startswith("arg"):
            inner = argument_name(called, use.operand_number)
            return own if inner.startswith("arg") else inner
    return own


def _type_of(main: Any) -> Any:
    """The types that a function takes and gives."""
    ir = mlir()
    return ir.FunctionType(ir.TypeAttr(main.attributes["function_type"]).value)


def _named_shapes(model: Any) -> list[Sequence[Any]]:
    """The shapes of the arguments that are there, as JAX writes them; none for a file."""
    if not hasattr(model, "in_avals"):
        return []
    return [model.in_avals[number].shape for number in model.module_kept_var_idx]


def _sizes(kind: Any, shape: Sequence[Any], owner: str) -> tuple[Size, ...]:
    """The sizes of a shape; those that are no names, as 2 * n, get some of their own."""
    sizes: list[Size] = []
    for axis, size in enumerate(shape):
        own = str(size) if str(size).isidentifier() else f"{owner}.{axis}"
        sizes.append(own if kind.is_dynamic_dim(axis) else int(size))
    return tuple(sizes)


@lru_cache(maxsize=16)
def _graph(text: str, given: tuple[TensorType, ...]) -> Graph:
    module = parsed(base64.b64decode(text).decode())
    _put_in(module, [kind.sizes for kind in given])
    return imported(_followed(module), "program")


def _put_in(module: Any, shapes: Sequence[tuple[int, ...]]) -> None:
    """Add a function that calls the one with open sizes for arguments of these shapes."""
    ir = mlir()
    main = main_of(functions_of(module))
    with module.context, ir.Location.unknown():
        takes = _type_of(main)
        main.attributes["sym_name"] = ir.StringAttr.get("opened")
        main.attributes["sym_visibility"] = ir.StringAttr.get("private")
        pairs = zip(shapes, takes.inputs, strict=True)
        given = [ir.RankedTensorType.get(shape, kind.element_type) for shape, kind in pairs]
        kind = ir.FunctionType.get(given, takes.results)
        about = {"sym_name": ir.StringAttr.get("main"), "function_type": ir.TypeAttr.get(kind)}
        with ir.InsertionPoint(module.body):
            outer = ir.Operation.create("func.func", attributes=about, regions=1)
        block = outer.regions[0].blocks.append(*given)
        called = {"callee": ir.FlatSymbolRefAttr.get("opened")}
        with ir.InsertionPoint(block):
            arguments = [
                ir.Operation.create("stablehlo.convert", [wanted], [argument]).result
                for wanted, argument in zip(takes.inputs, block.arguments, strict=True)
            ]
            call = ir.Operation.create("func.call", list(takes.results), arguments, called)
            ir.Operation.create("func.return", [], list(call.results))


def _followed(module: Any) -> Any:
    """The module in which all sizes follow from those of `main`. Raises GraphError for others."""
    from jax._src.interpreters.mlir import refine_polymorphic_shapes

    try:
        return refine_polymorphic_shapes(module)
    except ValueError as error:
        told = _reason(str(error.__cause__ or error))
        raise GraphError(f"expected sizes that the program is for, got others: {told}") from error


def _reason(told: str) -> str:
    """The sentence in JAX's report on sizes: without the places, and what was specified."""
    found = re.search(r'error: (?:loc\("[^"]*"\): )?(.*)', told)
    sentence = found[1] if found else told
    return sentence.partition(". Using the following")[0].rpartition("specification. ")[2]
