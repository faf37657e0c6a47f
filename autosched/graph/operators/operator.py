"""The contract of an operator, and the one table of them.

An operator is a dataclass that never changes, whose fields are its attributes, and which says
three things:

- `infer`: the types of its outputs, from those of its inputs;
- `evaluate`: what it means, by NumPy, and what every kernel is compared with;
- `define`: the same as a tensor expression, where te can say it; kernels are made of that.

All three take the inputs in the order of `evaluate`'s parameters. A parameter with a default
is an optional input, and None where it is left out; `*xs` takes any number. An input that
`static` names decides shapes, as the target of a reshape does: `infer` and `define` get its
array where the others give a type or a tensor.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import FrozenInstanceError, dataclass, fields
from typing import Any, ClassVar, Literal, TypeVar, dataclass_transform

import numpy as np

from autosched import te
from autosched.errors import GraphError
from autosched.graph.types import TensorType
from autosched.ir.expr import Const
from autosched.te.tensor import Tensor

Array = np.ndarray
Made = TypeVar("Made", bound="Operator")

Kind = Literal["elementwise", "reduction", "contraction", "movement", "opaque"]
"""How a fusion sees an operator. Each element of the output of an `elementwise` one depends
on one element of each input, after broadcasting; a `movement` only chooses elements; a
`contraction` sums products; an `opaque` one is left alone."""


@dataclass_transform(frozen_default=True)
def attributes(cls: type[Made]) -> type[Made]:
    """Make the fields of a base of operators attributes of all of them.

    What all operators share is not generated for each: most of the time of importing them.
    """
    if "__annotations__" not in vars(cls):
        return cls
    return dataclass(eq=False, repr=False)(cls)


@attributes
class Operator:
    """Base of all operators; see the text of this module."""

    name: ClassVar[str]
    parameters: ClassVar[tuple[inspect.Parameter, ...]]
    static: ClassVar[frozenset[str]] = frozenset()
    kind: ClassVar[Kind] = "opaque"

    def infer(self, *inputs: Any) -> Sequence[TensorType] | TensorType:
        """The types of the outputs. Raises GraphError where the inputs do not fit.

        Without an `infer` of its own an operator has the shape and dtype of its definition.
        """
        made = self.define(*(_placeholder(given) for given in inputs))
        tensors = [made] if isinstance(made, Tensor) else made
        return [type_of(tensor) for tensor in tensors]

    def outputs(self, inputs: Sequence[Array | None]) -> list[Array]:
        """All outputs by NumPy, as arrays."""
        found = self.evaluate(*inputs)
        several = [found] if isinstance(found, np.ndarray | np.generic) else found
        return [np.asarray(array) for array in several]

    def evaluate(self, *inputs: Any) -> Sequence[Array] | Array:
        """The outputs by NumPy. bfloat16 comes, and is returned, as float32."""
        raise NotImplementedError

    def define(self, *inputs: Any) -> Sequence[Tensor] | Tensor:
        """The outputs as tensor expressions. Raises Undefined where there are none."""
        raise Undefined(f"expected an operator with a tensor expression, got {self.name}")

    def check_is_defined(self) -> None:
        """Raise Undefined, with the reason, where no inputs give a tensor expression."""
        if type(self).define is Operator.define:
            self.define()

    @property
    def changed(self) -> dict[str, Any]:
        """The attributes that are not at their defaults, by name."""
        pairs = [(f.name, getattr(self, f.name), f.default) for f in fields(self)]
        return {name: value for name, value, default in pairs if not _same(value, default)}

    def __setattr__(self, name: str, value: object) -> None:
        if name in vars(self) or name not in self.__dataclass_fields__:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        vars(self)[name] = value

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and all(
            map(_same, vars(self).values(), vars(other).values())
        )

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({shown})"


def _same(one: object, other: object) -> bool:
    """Tell whether values of an attribute are the same; -0.0 equals 0.0 and is another number."""
    return one == other and (one != 0 or (str(one) == "-0.0") == (str(other) == "-0.0"))


class Undefined(GraphError):
    """An operator, or an operator on such types, that has no tensor expression."""


OPERATORS: dict[str, type[Operator]] = {}
"""Every operator by the name that a graph's text has for it."""


@dataclass_transform(frozen_default=True)
def operator(name: str) -> Callable[[type[Made]], type[Made]]:
    """Make the class an operator of that name."""

    def register(cls: type[Made]) -> type[Made]:
        made = attributes(cls)
        made.name = name
        made.parameters = tuple(inspect.signature(made.evaluate).parameters.values())[1:]
        OPERATORS[name] = made
        return made

    return register


def check_arity(kind: type[Operator], count: int, given: Sequence[object]) -> None:
    """Raise GraphError unless the operator takes inputs such as these; None is one left out."""
    some = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in kind.parameters)
    needed = [p for p in kind.parameters if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
    if count < len(needed) or (count > len(kind.parameters) and not some):
        raise GraphError(
            f"expected {_listed(kind)} as the inputs of {kind.name}, got {count} of them"
        )
    for parameter, value in zip(kind.parameters, given, strict=False):
        if value is None and parameter in needed:
            raise GraphError(f"expected the input {parameter.name} of {kind.name}, got none")


def _listed(kind: type[Operator]) -> str:
    shown = (
        f"*{p.name}" if p.kind is p.VAR_POSITIONAL else p.name + "?" * (p.default is not p.empty)
        for p in kind.parameters
    )
    return f"({', '.join(shown)})"


def is_static(kind: type[Operator], place: int) -> bool:
    """Whether the value of input number `place` decides shapes."""
    parameter = kind.parameters[min(place, len(kind.parameters) - 1)]
    return parameter.name in kind.static


def widened(x: Array) -> Array:
    """The array to compute on: float16 is computed, and summed, as float32."""
    return x.astype(np.float32) if x.dtype == np.float16 else x


def number(array: Array) -> int:
    """The one number of a static input, which may be of no dimension or of one."""
    return int(np.ravel(array)[0])


def type_of(tensor: Tensor) -> TensorType:
    """The type of a tensor of constant shape."""
    shape = []
    for extent in tensor.shape:
        assert isinstance(extent, Const), f"{tensor} has a symbolic extent"
        shape.append(int(extent.value))
    return TensorType(tensor.dtype, tuple(shape))


def _placeholder(given: Any) -> Any:
    if not isinstance(given, TensorType):
        return given
    if 0 in given.shape:
        raise Undefined(f"expected a tensor that has elements, got {given}")
    return te.placeholder(given.sizes, given.dtype, name="x")
