"""From a StableHLO program to a graph. Calls are inlined, loops and branches are inner graphs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import autosched.frontend.stablehlo.operators  # noqa: F401  they fill the table
from autosched.errors import GraphError
from autosched.frontend.stablehlo.node import CONVERTERS, HloNode, Unsupported
from autosched.frontend.stablehlo.reading import array_of, mlir, type_of
from autosched.graph.graph import Graph, Value, without_unused
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.arithmetic import Equal, Sub
from autosched.graph.operators.control import If, Loop
from autosched.graph.operators.unchanged import Identity
from autosched.graph.types import TensorType
from autosched.ir.dtype import BOOL, INT64

CALLS = {"func.call": "callee", "stablehlo.composite": "decomposition"}
"""Operations that run a function of the module, and the attribute with its name."""

WHILE, IF, CASE = "stablehlo.while", "stablehlo.if", "stablehlo.case"
CONTROL = (WHILE, IF, CASE)
"""Operations that run regions of their own."""

RETURNS = ("func.return", "stablehlo.return")

DEEPEST = 100
"""Calls within calls; a module whose functions call themselves has no end."""


def imported(module: Any, name: str) -> Graph:
    """The graph of a module without open sizes.

    Inputs have the names of the function's arguments where the text has them. Raises GraphError
    for a module that names something that is not supported: each operation, and how often.
    """
    functions = functions_of(module)
    main = main_of(functions)
    check_supported(main, functions)
    return _Importer(name, functions, []).graph(main)


def functions_of(module: Any) -> dict[str, Any]:
    """The functions of a module by their names."""
    return {_symbol(each): each for each in module.body.operations if "sym_name" in each.attributes}


def main_of(functions: dict[str, Any]) -> Any:
    """The function that others do not call. Raises GraphError where there is none."""
    main = functions.get("main", next(iter(functions.values()), None))
    if main is None:
        raise GraphError("expected a StableHLO module with a function, got none")
    return main


Values = dict[Any, Value]
"""Values of a graph by those of MLIR."""


class _Importer:
    """Adds operations to a graph; those in forms that are not supported to `refused`."""

    def __init__(self, name: str, functions: dict[str, Any], refused: list[str]):
        self._functions = functions
        self._refused = refused
        self._builder = TypedBuilder(name)
        self._counts: Counter[str] = Counter()

    def graph(self, main: Any) -> Graph:
        arguments = list(main.regions[0].blocks[0].arguments)
        names = [argument_name(main, number) for number in range(len(arguments))]
        inputs = [
            self._builder.input(name, type_of(argument.type))
            for name, argument in zip(names, arguments, strict=True)
        ]
        outputs: list[Value] = []
        found = self._run(main, inputs)
        if self._refused:
            raise GraphError("; ".join(dict.fromkeys(self._refused)))
        for number, value in enumerate(found):
            made = self._builder.add(Identity(), value, outputs=[f"result{number}"])[0]
            outputs.append(made)
        return without_unused(self._builder.build(outputs))

    def _run(self, function: Any, arguments: Sequence[Value]) -> list[Value]:
        """The results of a function of the module for these arguments."""
        return self._results(function.regions[0].blocks[0], arguments, {})

    def _results(self, block: Any, arguments: Sequence[Value], around: Values) -> list[Value]:
        """The results of a block for these arguments, and the values around it that it reads."""
        values = {**around, **dict(zip(block.arguments, arguments, strict=True))}
        for operation in block.operations:
            operation = operation.operation
            if operation.name in RETURNS:
                return [values[operand] for operand in operation.operands]
            values.update(zip(operation.results, self._made(operation, values), strict=True))
        raise GraphError("expected a block that returns, got one that does not")

    def _made(self, operation: Any, values: Values) -> Sequence[Value]:
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
        if operation.name in CONTROL:
            results = self._controlled(operation, values)
            for value, result in zip(results, operation.results, strict=True):
                value.type = type_of(result.type)
            return results
        try:
            made = CONVERTERS[kind](HloNode(operation, name, values, self._builder))
        except Unsupported as error:
            self._refused.append(error.message)
            types = [type_of(result.type) for result in operation.results]
            return [self._builder.input(name, each) for each in types]  # what follows is checked
        return [made] if isinstance(made, Value) else made

    def _controlled(self, operation: Any, values: Values) -> Sequence[Value]:
        """The results of an operation that runs its regions."""
        given = [values[operand] for operand in operation.operands]
        blocks = [region.blocks[0] for region in operation.regions]
        read = dict.fromkeys(operand for each in operation.regions for operand in _read(each))
        around = {operand: values[operand] for operand in read if operand in values}
        stays = [value for value in around.values() if self._builder.known(value) is None]
        count = len(operation.results)
        if operation.name == WHILE:
            (going,) = self._results(blocks[0], given, values)
            loop = Loop(self._body(blocks[0], blocks[1], given, around), count)
            return self._builder.add(loop, None, going, *given, *stays, count=count)
        if operation.name == CASE:
            return self._chosen(given[0], blocks, around, count)
        branches = [self._branch(block, around) for block in blocks]
        return self._builder.add(If(*branches), *given, *stays, count=count)

    def _chosen(
        self, index: Value, blocks: Sequence[Any], around: Values, count: int
    ) -> Sequence[Value]:
        """The results of the block of that number; of the last for any that is not there."""
        if len(blocks) == 1:
            return self._results(blocks[0], [], around)
        numbers = [self._builder.constant(np.array(n, np.int32), "number") for n in (0, 1)]
        (is_first,) = self._builder.add(Equal(), index, numbers[0])
        (later,) = self._builder.add(Sub(), index, numbers[1])
        stays = [value for value in around.values() if self._builder.known(value) is None]
        branches = []
        for chosen in (blocks[:1], blocks[1:]):
            inner = _Importer("branch", self._functions, self._refused)
            number = inner._builder.input("number", index.type)
            known = inner._known_inside(self._builder, around)
            branches.append(inner._built(inner._chosen(number, chosen, known, count)))
        return self._builder.add(If(*branches), is_first, later, *stays, count=count)

    def _body(self, condition: Any, body: Any, carried: Sequence[Value], around: Values) -> Graph:
        """The graph of one run of a loop: the number of the run, if it goes on, and the values."""
        inner = _Importer("body", self._functions, self._refused)
        inner._builder.input("number", TensorType(INT64))
        inner._builder.input("going", TensorType(BOOL))
        given = [inner._builder.input(value.name, value.type) for value in carried]
        known = inner._known_inside(self._builder, around)
        found = inner._results(body, given, known)
        return inner._built([*inner._results(condition, found, known), *found])

    def _branch(self, block: Any, around: Values) -> Graph:
        inner = _Importer("branch", self._functions, self._refused)
        return inner._built(inner._results(block, [], inner._known_inside(self._builder, around)))

    def _known_inside(self, outer: TypedBuilder, around: Values) -> Values:
        """The values of the graph around this one in this: its constants are constants here too."""
        found = {}
        for operand, value in around.items():
            array = outer.known(value)
            found[operand] = (
                self._builder.input(value.name, value.type)
                if array is None
                else self._builder.constant(array, value.name, value.type)
            )
        return found

    def _built(self, outputs: Sequence[Value]) -> Graph:
        copies = [self._builder.add(Identity(), value)[0] for value in outputs]
        return without_unused(self._builder.build(copies))


def _read(region: Any) -> Iterator[Any]:
    """What the operations of a region read, and the regions inside it."""
    for operation in region.blocks[0].operations:
        yield from operation.operation.operands
        for inner in operation.operation.regions:
            yield from _read(inner)


def check_supported(main: Any, functions: dict[str, Any], *others: str) -> None:
    """Raise GraphError that names each operation without a converter, but for `others`."""
    counts: Counter[str] = Counter()
    for operation in _all_operations(main.regions[0], functions, 0):
        dialect, _, kind = operation.name.partition(".")
        known = kind in CONVERTERS and dialect in ("stablehlo", "chlo")
        known |= _told(operation) in others
        if not known and operation.name not in (*CALLS, *CONTROL, *RETURNS, "stablehlo.constant"):
            counts[_told(operation)] += 1
    if counts:
        missing = ", ".join(f"{kind} ({count})" for kind, count in counts.items())
        raise GraphError(f"expected operations that are supported, got {missing}")


def _told(operation: Any) -> str:
    """The name of an operation, with that of the function of a library that it calls."""
    if operation.name != "stablehlo.custom_call":
        return str(operation.name)
    return f"{operation.name} @{operation.attributes['call_target_name'].value}"


def _all_operations(region: Any, functions: dict[str, Any], depth: int) -> Iterator[Any]:
    if depth > DEEPEST:
        raise GraphError(f"expected calls of at most {DEEPEST} functions in one another, got more")
    for operation in region.blocks[0].operations:
        operation = operation.operation
        yield operation
        if operation.name in CONTROL:
            for inner in operation.regions:
                yield from _all_operations(inner, functions, depth)
        if operation.name in CALLS:
            called = _called(operation)
            if called not in functions:
                raise GraphError(f"expected a function of the module, got {called}")
            yield from _all_operations(functions[called].regions[0], functions, depth + 1)


def _symbol(function: Any) -> str:
    return str(mlir().StringAttr(function.attributes["sym_name"]).value)


def _called(operation: Any) -> str:
    return str(mlir().FlatSymbolRefAttr(operation.attributes[CALLS[operation.name]]).value)


def called_by(operation: Any, functions: dict[str, Any]) -> Any:
    """The function of the module that an operation calls; None for any other operation."""
    operation = operation.operation
    return functions.get(_called(operation)) if operation.name in CALLS else None


def argument_name(main: Any, number: int) -> str:
    """The name of an argument in the source, where the text has it."""
    location = str(main.regions[0].blocks[0].arguments[number].location)
    name = location.removeprefix('loc("').removesuffix('")')
    return name if name.isidentifier() and location.startswith('loc("') else f"arg{number}"
