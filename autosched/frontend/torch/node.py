"""A node of a PyTorch program while it is converted, and the table of what converts each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autosched.errors import GraphError
from autosched.frontend.torch.sizes import Extent, Sizes
from autosched.frontend.torch.tensors import dtype_of, torch_package
from autosched.graph.graph import GraphBuilder, Value
from autosched.graph.operators.arithmetic import Cast
from autosched.graph.operators.movement import Transpose
from autosched.graph.operators.operator import Operator
from autosched.graph.operators.reshaping import Reshape
from autosched.graph.types import TensorType
from autosched.ir.dtype import FLOAT32, INT64, DType, dtype
from autosched.te.arrays import to_storage

if TYPE_CHECKING:
    from torch.fx import Node

Converted = Value | Sequence[Value | None]
Converter = Callable[["TorchNode"], Converted]

CONVERTERS: dict[str, Converter] = {}
"""What converts each operator: by its name in ATen, or by name and overload, which go first.

Operators of other libraries have the library's name before theirs, as in `prims::iota`.
"""


def converts(*names: str) -> Callable[[Converter], Converter]:
    """Make the function convert the operators of these names."""

    def register(function: Converter) -> Converter:
        CONVERTERS.update(dict.fromkeys(names, function))
        return function

    return register


def converter_of(target: Any) -> Converter | None:
    """What converts the calls of `target`; None for what is no operator of ATen known here."""
    schema = getattr(target, "_schema", None)
    if schema is None:
        return None
    name = schema.name.removeprefix("aten::")
    return CONVERTERS.get(f"{name}.{target._overloadname}", CONVERTERS.get(name))


class TorchNode:
    """What a converter reads, and the graph that it adds to.

    Arguments have the names of the operator's schema: tensors are values, sizes that are not
    known are arrays of one int64, all others are as PyTorch has them.
    """

    def __init__(
        self,
        node: Node,
        name: str,
        values: Mapping[Node, Any],
        builder: GraphBuilder,
        sizes: Sizes,
    ):
        self.name = name
        self.kind = str(node.target)
        self.sizes = sizes
        self._values = values
        self._builder = builder
        self._metas: dict[str, Any] = {}
        self._arguments: dict[str, Any] = {}
        self.result = node.meta["val"]
        schema = node.target._schema
        for place, argument in enumerate(schema.arguments):
            given: Any = argument.default_value
            if place < len(node.args):
                given = node.args[place]
            given = node.kwargs.get(argument.name, given)
            self._metas[argument.name] = _meta(given)
            self._arguments[argument.name] = self._converted(given)

    def __getitem__(self, name: str) -> Any:
        return self._arguments[name]

    def get(self, name: str, default: Any = None) -> Any:
        """An argument, or the default where the operator has none of that name."""
        return self._arguments.get(name, default)

    def __contains__(self, name: str) -> bool:
        return name in self._arguments

    def metas(self, name: str) -> Any:
        """What PyTorch knows of an argument: a fake tensor, or as many as there are in a list."""
        return self._metas[name]

    def value(self, name: str) -> Value:
        """An argument that is a tensor."""
        found = self._arguments[name]
        assert isinstance(found, Value), f"{name} of {self.kind} is no tensor"
        return found

    def unsupported(self, what: str) -> GraphError:
        """The error that says what of this node is not supported."""
        return GraphError(f"expected {what} for {self.kind} at {self.name}")

    def numbers(self, sizes: Sequence[Extent]) -> list[int]:
        """The sizes as numbers. Raises GraphError where one of them is left open."""
        known = [size for size in sizes if isinstance(size, int)]
        if len(known) < len(sizes):
            raise self.unsupported("sizes that are not left open")
        return known

    @property
    def dtype(self) -> DType:
        """The dtype of the result, or of the first of several."""
        return dtype_of(self._first.dtype)

    @property
    def shape(self) -> list[Extent]:
        """The shape of the result, or of the first of several."""
        return [self.sizes.extent(size) for size in self._first.shape]

    @property
    def _first(self) -> Any:
        several = self.result if isinstance(self.result, list | tuple) else [self.result]
        return next(result for result in several if result is not None)

    def common(self, *names: str) -> DType:
        """The dtype to which arguments are promoted, of which some may be numbers."""
        found = self._metas[names[0]]
        if len(names) == 1:
            return dtype_of(found.dtype)
        return dtype_of(torch_package().result_type(found, self._metas[names[1]]))

    def extents(self, value: Value) -> list[Extent]:
        """The shape of an argument."""
        for meta, given in zip(self._metas.values(), self._arguments.values(), strict=True):
            if given is value:
                return [self.sizes.extent(size) for size in meta.shape]
        raise AssertionError(f"{value} is no argument of {self.kind}")

    def emit(self, operator: Operator, *inputs: Value | None) -> Value:
        """The first output of a new node."""
        return self._builder.add(operator, *inputs, name=self.name)[0]

    def emit_all(self, operator: Operator, *inputs: Value | None, count: int) -> Sequence[Value]:
        """All outputs of a new node."""
        return self._builder.add(operator, *inputs, name=self.name, count=count)

    def compute(self, operator: Operator, *operands: Any) -> Value:
        """The result of an operator on tensors and numbers of the result's dtype, or float32
        where that is float16 or bfloat16, as PyTorch computes them."""
        wide = self.wide
        return self.cast(self.emit(operator, *(self.optional(x, wide) for x in operands)), wide)

    @property
    def wide(self) -> DType:
        """What the result is computed in: its dtype, or float32 for narrower floats."""
        return FLOAT32 if self.dtype.is_float and self.dtype.bits < 32 else self.dtype

    def optional(self, given: Any, element: DType) -> Value | None:
        """An operand that may be left out."""
        return None if given is None else self.operand(given, element)

    def operand(self, given: Any, element: DType) -> Value:
        """A tensor or a number of that dtype."""
        if not isinstance(given, Value):
            return self.constant(given, element)
        if given.type is not None and given.type.dtype is element:
            return given
        return self.emit(Cast(element), given)

    def cast(self, value: Value, source: DType) -> Value:
        """A value of the dtype `source` as that of the result."""
        return value if source is self.dtype else self.emit(Cast(self.dtype), value)

    def constant(self, given: Any, element: DType = INT64) -> Value:
        """A constant of numbers."""
        array = np.array(given, np.float32 if element.kind == "bfloat" else element.numpy)
        kind = TensorType(element, array.shape)
        return self._builder.constant(to_storage(array, element), f"{self.name}.constant", kind)

    def known(self, value: Value) -> np.ndarray | None:
        """The array of a constant; None for any other value."""
        return self._builder.known(value)

    def reshape(self, value: Value, shape: Sequence[Extent]) -> Value:
        """The value in another shape."""
        return self.emit(Reshape(allow_zero=True), value, self.sizes.array(shape))

    def transpose(self, value: Value, order: Sequence[int]) -> Value:
        """The value with its axes in another order."""
        order = tuple(order)
        return value if order == tuple(range(len(order))) else self.emit(Transpose(order), value)

    def axis(self, name: str = "dim", of: str = "self") -> int:
        """An argument that is an axis of another, counted from the front."""
        rank = len(self._metas[of].shape)
        return int(self[name]) % rank if rank else 0

    def rank(self, name: str = "self") -> int:
        return len(self._metas[name].shape)

    def scalar(self, size: Extent, element: DType) -> Value:
        """A size as a tensor of no axes."""
        if isinstance(size, int):
            return self.constant(size, element)
        flat = self.reshape(size, [])
        return flat if element is INT64 else self.emit(Cast(element), flat)

    def _converted(self, given: Any) -> Any:
        if isinstance(given, list | tuple):
            return [self._converted(one) for one in given]
        meta = _meta(given)
        if isinstance(meta, torch_package().SymInt):
            return self.sizes.extent(meta)
        return self._values.get(given, meta) if given is not meta else given


def _meta(given: Any) -> Any:
    """What PyTorch knows of an argument before it runs: a fake tensor, a size, or itself."""
    if isinstance(given, list | tuple):
        return [_meta(one) for one in given]
    return given.meta["val"] if hasattr(given, "meta") else given


def element_of(given: Any, default: str = "float32") -> DType:
    """The dtype of an argument that may be left out."""
    return dtype(default) if given is None else dtype_of(given)
