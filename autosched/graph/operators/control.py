"""Control flow: operators that hold graphs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from autosched.graph.operators.operator import Array, Operator, Undefined, operator
from autosched.graph.types import TensorType

if TYPE_CHECKING:
    from autosched.graph.graph import Graph


Runner = Callable[["Graph", Sequence[Array]], Sequence[Array]]
"""Computes the outputs of a graph."""


def by_numpy(graph: Graph, inputs: Sequence[Array]) -> Sequence[Array]:
    """Run a graph node by node."""
    from autosched.graph.evaluate import run

    return run(graph, inputs)


class Control(Operator):
    """Base of operators that hold graphs, which take the inputs in order, from the first or second.

    The first `skipped` inputs are for the operator alone; those from `first_kept` on go to every
    run of a graph as they are.
    """

    skipped: ClassVar[int] = 0

    @property
    def first_kept(self) -> int:
        raise NotImplementedError

    def computed(self, run: Runner, *inputs: Any) -> Sequence[Array]:
        """The outputs, where `run` runs the graphs."""
        raise NotImplementedError

    @property
    def bodies(self) -> dict[str, Graph]:
        """The graphs, by the names of attributes."""
        from autosched.graph.graph import Graph

        return {name: given for name, given in vars(self).items() if isinstance(given, Graph)}


class Expanded(Operator):
    """Base of operators that are a graph each, once the types of their inputs are known."""

    def graph(self, *given: TensorType) -> Graph:
        """The graph of the same inputs and outputs, for inputs of these types."""
        raise NotImplementedError

    def infer(self, *given: TensorType) -> list[TensorType]:
        types = [value.type for value in self.graph(*given).outputs]
        return [kind for kind in types if kind is not None]

    def evaluate(self, *given: Array) -> Sequence[Array]:
        return by_numpy(self.graph(*map(TensorType.of, given)), given)

    def check_is_defined(self) -> None:
        raise Undefined(f"{self.name} is computed node by node, by the pass branches")


@operator("if")
class If(Control):
    """The outputs of one of two graphs; both take all the inputs after the condition."""

    static: ClassVar = frozenset({"condition"})
    skipped: ClassVar = 1
    then: Graph
    otherwise: Graph

    @property
    def first_kept(self) -> int:
        return 1

    def infer(self, condition: Array, *given: TensorType) -> list[TensorType]:
        return []

    def chosen(self, condition: Array) -> Graph:
        return self.then if bool(condition.reshape(())) else self.otherwise

    def evaluate(self, condition: Array, *given: Array) -> Sequence[Array]:
        return self.computed(by_numpy, condition, *given)

    def computed(self, run: Runner, *inputs: Any) -> Sequence[Array]:
        condition, *given = inputs
        return run(self.chosen(condition), given)


@operator("loop")
class Loop(Control):
    """A graph run again and again, on values that it carries and values that stay.

    Its inputs are the number of the run, the condition, the carried values, then those that
    stay; its outputs the condition for another run, the carried values, then what is stacked.
    """

    body: Graph
    carried: int

    @property
    def first_kept(self) -> int:
        return 2 + self.carried

    def infer(self, *given: TensorType) -> list[TensorType]:
        return []

    def evaluate(
        self, count: Array | None = None, condition: Array | None = None, *given: Array
    ) -> Sequence[Array]:
        return self.computed(by_numpy, count, condition, *given)

    def computed(self, run: Runner, *inputs: Any) -> Sequence[Array]:
        count, condition, *given = (*inputs, None, None)[: max(2, len(inputs))]
        carried, stays = list(given[: self.carried]), given[self.carried :]
        stacked: list[list[Array]] = [[] for _ in self.body.outputs[1 + self.carried :]]
        going = np.array(True) if condition is None else condition
        most = None if count is None else int(count.reshape(()))
        number = 0
        while bool(going.reshape(())) and (most is None or number < most):
            found = run(self.body, [np.array(number, np.int64), going, *carried, *stays])
            going, carried = found[0], list(found[1 : 1 + self.carried])
            for rows, row in zip(stacked, found[1 + self.carried :], strict=True):
                rows.append(row)
            number += 1
        if not number:
            types = _types(self.body, [np.array(0, np.int64), going, *carried, *stays])
            return [*carried, *map(_nothing, types[1 + self.carried :])]
        return [*carried, *map(np.stack, stacked)]


@operator("scan")
class Scan(Control):
    """A graph run for each slice of some inputs, on values that it carries.

    The inputs are `carried` values, then `scanned` ones, each cut along its of `axes`, then
    those that stay. `reversed_inputs` and `reversed_outputs` run from the end.
    """

    body: Graph
    carried: int
    scanned: int
    axes: tuple[int, ...] = ()
    output_axes: tuple[int, ...] = ()
    reversed_inputs: tuple[int, ...] = ()
    reversed_outputs: tuple[int, ...] = ()

    @property
    def first_kept(self) -> int:
        return self.carried + self.scanned

    def infer(self, *given: TensorType) -> list[TensorType]:
        return []

    def evaluate(self, *given: Array) -> Sequence[Array]:
        return self.computed(by_numpy, *given)

    def computed(self, run: Runner, *inputs: Any) -> Sequence[Array]:
        given = inputs
        carried = list(given[: self.carried])
        scanned = given[self.carried : self.carried + self.scanned]
        stays = given[self.carried + self.scanned :]
        axes = self.axes or (0,) * self.scanned
        backward = self.reversed_inputs or (0,) * self.scanned
        rows = [
            np.flip(np.moveaxis(x, axis, 0), 0) if flip else np.moveaxis(x, axis, 0)
            for x, axis, flip in zip(scanned, axes, backward, strict=True)
        ]
        outputs: list[list[Array]] = [[] for _ in self.body.outputs[self.carried :]]
        for cut in zip(*rows, strict=True):
            found = run(self.body, [*carried, *cut, *stays])
            carried = list(found[: self.carried])
            for made, one in zip(outputs, found[self.carried :], strict=True):
                made.append(one)
        if not len(rows[0]):
            slices = [np.zeros(row.shape[1:], row.dtype) for row in rows]
            types = _types(self.body, [*carried, *slices, *stays])
            return [*carried, *map(_nothing, types[self.carried :])]
        where = self.output_axes or (0,) * len(outputs)
        flips = self.reversed_outputs or (0,) * len(outputs)
        stacked = [
            np.stack(made[::-1] if flip else made, axis=axis)
            for made, axis, flip in zip(outputs, where, flips, strict=True)
        ]
        return [*carried, *stacked]


def _types(body: Graph, given: Sequence[Array]) -> list[TensorType | None]:
    """The types of a graph's outputs for these inputs, as far as they follow without a run."""
    from autosched.graph.specialize import retyped

    types = {
        value.name: TensorType.of(array) for value, array in zip(body.inputs, given, strict=True)
    }
    return [value.type for value in retyped(body, types).outputs]


def _nothing(row: TensorType | None) -> Array:
    """A stack of no rows."""
    if row is None:
        return np.zeros(0)
    return np.zeros(
        (0, *(size if isinstance(size, int) else 0 for size in row.shape)), row.dtype.numpy
    )
