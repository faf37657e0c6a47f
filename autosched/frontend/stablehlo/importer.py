"""From a StableHLO program to a graph. Calls are inlined."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import autosched.frontend.stablehlo.operators  # noqa: F401  they fill the table
from autosched.errors import GraphError
from autosched.frontend.stablehlo.node import CONVERTERS, HloNode
from autosched.frontend.stablehlo.reading import array_of, mlir, parsed, text_of, type_of
from autosched.graph.graph import Graph, Value, without_unused
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.movement import Identity

CALLS = {"func.call": "callee", "stablehlo.composite": "decomposition"}
"""Operations that run a function of the module, and the attribute with its name."""

RETURNS = ("func.return", "stablehlo.return")

DEEPEST = 100
"""Calls within calls; a module whose functions call themselves has no end."""


def from_stablehlo(model: Any) -> Graph:
    """The graph of a StableHLO program: a file of its text, or a `jax.export.Exported`.

    Inputs have the names of the function's arguments where the text has them. Raises GraphError
    for a text that is broken, for sizes left open, and one that names everything in it that is
    not supported: each operation, how often, and where first.
    """
    module = parsed(text_of(model))
    functions = {
        _symbol(each): each for each in module.body.operations if "sym_name" in each.attributes
    }
    main = functions.get("main", next(iter(functions.values()), None))
    if main is None:
        raise GraphError("expected a StableHLO module with a function, got none")
    _check_supported(main, functions)
    name = os.path.basename(os.fspath(model)) if isinstance(model, str | os.PathLike) else "main"
    return _Importer(name, functions).graph(main)


class _Importer:
    def __init__(self, name: str, functions: dict[str, Any]):
        self._functions = functions
        self._builder = TypedBuilder(name)
        self._counts: Counter[str] = Counter()

    def graph(self, main: Any) -> Graph:
        arguments = list(main.regions[0].blocks[0].arguments)
        names = [_argument_name(main, number) for number in range(len(arguments))]
        inputs = [
            self._builder.input(name, type_of(argument.type))
            for name, argument in zip(names, arguments, strict=True)
        ]
        outputs: list[Value] = []
        for number, value in enumerate(self._run(main, inputs)):
            made = self._builder.add(Identity(), value, outputs=[f"result{number}"])[0]
            outputs.append(made)
        return without_unused(self._builder.build(outputs))

    def _run(self, function: Any, arguments: Sequence[Value]) -> list[Value]:
        """The results of a function of the module for these arguments."""
        block = function.regions[0].blocks[0]
        values: dict[Any, Value] = dict(zip(block.arguments, arguments, strict=True))
        for operation in block.operations:
            operation = operation.operation
            if operation.name in RETURNS:
                return [values[operand] for operand in operation.operands]
            values.update(zip(operation.results, self._made(operation, values), strict=True))
        raise GraphError(f"expected a function that returns, got {_symbol(function)}")

    def _made(self, operation: Any, values: dict[Any, Value]) -> Sequence[Value]:
        if operation.name in CALLS:
            called = self._functions[_called(operation)]
            return self._run(called, [values[operand] for operand in operation.operands])
        kind = operation.name.partition(".")[2]
        name = f"{kind}_{self._counts[kind]}"
        self._counts[kind] += 1
        if operation.name == "stablehlo.constant":
            found = type_of(operation.results[0].type)
            array = array_of(operation.attributes["value"], found)
            return [self._builder.constant(array, name, found)]
        made = CONVERTERS[kind](HloNode(operation, name, values, self._builder))
        return [made] if isinstance(made, Value) else made


def _check_supported(main: Any, functions: dict[str, Any]) -> None:
    counts: Counter[str] = Counter()
    for operation in _all_operations(main, functions, 0):
        dialect, _, kind = operation.name.partition(".")
        known = kind in CONVERTERS and dialect in ("stablehlo", "chlo")
        if not known and operation.name not in (*CALLS, *RETURNS, "stablehlo.constant"):
            counts[operation.name] += 1
    if counts:
        missing = ", ".join(f"{kind} ({count})" for kind, count in counts.items())
        raise GraphError(f"expected operations that are supported, got {missing}")


def _all_operations(function: Any, functions: dict[str, Any], depth: int) -> Iterator[Any]:
    if depth > DEEPEST:
        raise GraphError(f"expected calls of at most {DEEPEST} functions in one another, got more")
    for operation in function.regions[0].blocks[0].operations:
        operation = operation.operation
        yield operation
        if operation.name in CALLS:
            called = _called(operation)
            if called not in functions:
                raise GraphError(f"expected a function of the module, got {called}")
            yield from _all_operations(functions[called], functions, depth + 1)


def _symbol(function: Any) -> str:
    return str(mlir().StringAttr(function.attributes["sym_name"]).value)


def _called(operation: Any) -> str:
    return str(mlir().FlatSymbolRefAttr(operation.attributes[CALLS[operation.name]]).value)


def _argument_name(main: Any, number: int) -> str:
    """The name of an argument in the source, where the text has it."""
    location = str(main.regions[0].blocks[0].arguments[number].location)
    name = location.removeprefix('loc("').removesuffix('")')
    return name if name.isidentifier() and location.startswith('loc("') else f"arg{number}"
