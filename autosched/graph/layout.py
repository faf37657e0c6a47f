"""Where the values of a network lie, and the plans of what runs natively.

A value that is a view, or a part of another, lies where its root does. The results of a run have
memory of their own, what lies between has a place in the arena. A size that only a run tells has
no place: NumPy makes such an array, and only NumPy reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autosched.graph.graph import Graph, Value
from autosched.graph.memory import Lifetime, arena
from autosched.graph.steps import Step
from autosched.graph.types import TensorType
from autosched.graph.views import views_of
from autosched.graph.weights import Weights
from autosched.runtime.code import MachineCode
from autosched.runtime.plan import KernelCall, Place, Plan
from autosched.runtime.signature import IndexCheck, Param


class Layout:
    """The places of the values of a graph's `steps`; constants get theirs in `weights`."""

    def __init__(self, graph: Graph, steps: Sequence[Step], weights: Weights):
        self._graph = graph
        self._steps = steps
        self._weights = weights
        self.views = views = views_of(graph)
        made = {value for step in steps for value in step.outputs if _has_size(value)}
        wanted = dict.fromkeys(map(views.root, graph.outputs))
        self.results = [value for value in wanted if value in made]
        """The values that a run returns, or what is returned lies in, each once."""
        found = arena(self._lifetimes())
        self.arena_bytes = found.bytes
        self._offsets = found.offsets
        self.in_arena = {
            value: self._offset(value)
            for value in (*found.offsets, *made.difference(found.offsets, self.results))
        }
        """The values in the arena that are computed, by their offsets in bytes."""
        self._external = {
            **{value: Place("input", number) for number, value in enumerate(graph.inputs)},
            **{value: Place("output", number) for number, value in enumerate(self.results)},
        }

    def parts(self) -> list[tuple[Plan | None, list[Step]]]:
        """The steps in order: a plan for those that run natively, None for one by Python."""
        parts: list[list[Step]] = []
        for step in self._steps:
            if parts and _is_native(step) and _is_native(parts[-1][-1]):
                parts[-1].append(step)
            else:
                parts.append([step])
        calls = [[self._call(step) for step in steps if _is_native(step)] for steps in parts]
        return [
            (self._plan(f"network{number}", made) if made else None, steps)
            for number, (made, steps) in enumerate(zip(calls, parts, strict=True))
        ]

    def _plan(self, name: str, calls: Sequence[KernelCall]) -> Plan:
        return Plan(
            name,
            tuple(map(_param, self._graph.inputs)),
            tuple(replace(_param(value), is_output=True) for value in self.results),
            tuple(calls),
            self.arena_bytes,
            self._weights.bytes,
        )

    def _call(self, step: Step) -> KernelCall:
        code = step.kernel
        assert isinstance(code, MachineCode), "only machine code is called natively"
        signature, constants = code.signature, self._graph.constants
        values = dict(zip(signature.params, (*step.arguments, *step.outputs), strict=True))
        operands = [self._place(values[param]) for param in signature.direct_params]
        if signature.packed:
            arrays = [constants[values[param]] for param in signature.constant_params]
            operands += self._weights.packed(code, arrays)
        names = {param.name: value.name for param, value in values.items()}
        checks = (
            IndexCheck(names.get(check.tensor, check.tensor), check.dimension, check.extent)
            for check in signature.checks
        )
        return KernelCall(signature.name, tuple(operands), tuple(checks))

    def _place(self, value: Value) -> Place:
        root = self.views.root(value)
        if root in self._graph.constants:
            return self._weights.plain(self._graph.constants[root])
        if root in self._offsets:
            return Place("arena", self._offset(value))
        return self._external[root]

    def _offset(self, value: Value) -> int:
        """The offset in the arena, in bytes."""
        place = self.views.place(value)
        return self._offsets[place.root] + place.start * _type(value).dtype.bytes

    def _lifetimes(self) -> dict[Value, Lifetime]:
        """When the arrays live that lie in the arena."""
        first: dict[Value, int] = {}
        last: dict[Value, int] = {}
        for number, step in enumerate(self._steps):
            for value in step.outputs:
                root = self.views.root(value)
                if _has_size(value) and root not in self.results:
                    first.setdefault(root, number)
                    last[root] = number
            for value in step.inputs:
                root = self.views.root(value)
                if root in first:
                    last[root] = number
        return {v: Lifetime(_type(v).bytes, first[v], last[v]) for v in first}


def _is_native(step: Step) -> bool:
    return isinstance(step.kernel, MachineCode)


def _has_size(value: Value) -> bool:
    return value.type is not None and not value.type.names


def _type(value: Value) -> TensorType:
    assert value.type is not None, "it has a size"
    return value.type


def _param(value: Value) -> Param:
    """The parameter of a value; one of unknown size, which no native code reads, is a byte."""
    if value.type is None or value.type.names:
        return Param(value.name, "uint8", ())
    return Param(value.name, value.type.dtype.name, value.type.sizes)
