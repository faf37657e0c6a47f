"""Translates the statements of a Python function to those of a loop nest."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any

from autosched.errors import ExpressionError, not_offered
from autosched.ir import build
from autosched.ir.dtype import INDEX
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Buffer, Const, Expr, Load, Var
from autosched.ir.stmt import For, If, LoopKind, Stmt, Store, allocating, block
from autosched.ir.traverse import walk
from autosched.te import math
from autosched.te.construct import checked_shape
from autosched.te.independence import loop_of

LOOPS = {
    "range": LoopKind.SERIAL,
    "serial": LoopKind.SERIAL,
    "parallel": LoopKind.PARALLEL,
    "vectorize": LoopKind.VECTORIZED,
    "unroll": LoopKind.UNROLLED,
    "const_range": LoopKind.UNROLLED,
}
"""The loops; those of the last one are written out, so that their points are numbers."""


def _converter(kind: str) -> Callable[[Any], Expr]:
    return lambda value: build.cast(build.as_expr(value), as_dtype(kind))


_OF_MATH = (
    "abs", "ceil", "exp", "floor", "log", "popcount", "round", "rsqrt", "sigmoid", "sqrt", "tanh",
)  # fmt: skip
KINDS = ("int8", "int16", "int32", "int64", "float16", "float32", "float64")

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": lambda value: value.shape[0] if isinstance(value, Buffer) else len(value),
    "min": build.minimum,
    "max": build.maximum,
    "power": build.power,
    "ceil_div": build.ceildiv,
    **{name: getattr(math, name) for name in _OF_MATH},
    **{kind: _converter(kind) for kind in KINDS},
}
"""The functions that a script may call, and what they make of expressions."""

_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: build.eq, ast.NotEq: build.ne,
}  # fmt: skip


def cleared(buffer: Buffer) -> Stmt:
    """Return the loops that fill a buffer with zeros."""
    loops = [Var(f"{buffer.name}_{number}", INDEX) for number in range(len(buffer.shape))]
    stmt: Stmt = Store(buffer, tuple(loops), build.zero(buffer.dtype))
    for var, extent in zip(reversed(loops), reversed(buffer.shape), strict=True):
        stmt = For(var, build.const(0), extent, LoopKind.SERIAL, stmt)
    return stmt


class Translator:
    """Translates the statements of a function; `values` are the values of its names.

    A name that is assigned once, to an expression that reads no buffer, stands for it. Others are
    buffers of one element, allocated around the statements that follow.
    """

    def __init__(
        self, definition: ast.FunctionDef, values: dict[str, Any], inputs: Sequence[Buffer]
    ):
        self._name = definition.name
        self._values = values
        self._inputs = inputs
        self.outputs: list[Buffer] = []
        self.returned: list[Buffer] = []
        targets = [
            target.id
            for node in ast.walk(definition)
            if isinstance(node, (ast.Assign, ast.AugAssign))
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        ]
        self._changing = {name for name in targets if targets.count(name) > 1}

    def body(self, nodes: Sequence[ast.stmt]) -> Stmt:
        """Return the statements as one. Names bound in it are not known after it."""
        outer = dict(self._values)
        made: list[Stmt] = []
        allocated: list[tuple[int, Buffer]] = []
        for node in nodes:
            own = [*self.outputs]
            before = dict(self._values)
            stmt = self._stmt(node)
            made.append(stmt)
            for name, value in self._values.items():
                is_new = isinstance(value, Buffer) and value is not before.get(name)
                if is_new and value not in own and value not in self.outputs:
                    allocated.append((len(made) - 1, value))
        self._values = outer
        return allocating(made, allocated)

    def _stmt(self, node: ast.stmt) -> Stmt:
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                return block()
            case ast.Assign(targets=[ast.Name(id=name)]):
                return self._bound(name, node.value)
            case ast.Assign(targets=[ast.Subscript() as place]):
                return self._stored(place, self.value(node.value))
            case ast.AugAssign(target=ast.Name() | ast.Subscript() as place):
                old = ast.copy_location(ast.parse(ast.unparse(place), mode="eval").body, place)
                new = ast.copy_location(ast.BinOp(old, node.op, node.value), place)
                return self._stored(place, self.value(new))
            case ast.For(target=ast.Name(id=name), orelse=[]):
                return self._loop(name, node)
            case ast.If():
                condition = build.as_expr(self.value(node.test))
                if isinstance(condition, Const):
                    return self.body(node.body if condition.value else node.orelse)
                then = self.body(node.body)
                return If(condition, then, self.body(node.orelse) if node.orelse else None)
            case ast.Return(value=ast.Name() | ast.Tuple() as value):
                names = value.elts if isinstance(value, ast.Tuple) else [value]
                self.returned = [self._output(self.value(each)) for each in names]
                return block()
        raise self._refused(node)

    def _refused(self, node: ast.AST) -> Exception:
        return not_offered(f"{ast.unparse(node).splitlines()[0]!r} in the script {self._name}")

    def _output(self, value: Any) -> Buffer:
        if value not in self.outputs:
            raise ExpressionError(f"expected {self._name} to return output tensors, got {value}")
        return value

    def _bound(self, name: str, node: ast.expr) -> Stmt:
        known = self._values.get(name)
        if name in self._changing and isinstance(known, Buffer):
            return self._store(known, (build.const(0),), self.value(node))
        match node:
            case ast.Call(func=ast.Name(id="output_tensor" | "allocate" as kind)):
                buffer = self._buffer(name, node)
                if kind == "output_tensor":
                    self.outputs.append(buffer)
                self._values[name] = buffer
                return block() if kind == "output_tensor" else cleared(buffer)
        value = self.value(node)
        if name not in self._changing and not _reads(value):
            self._values[name] = value
            return block()
        start = _start(value)
        self._values[name] = buffer = Buffer(name, (build.const(1),), start.dtype, "local")
        return self._store(buffer, (build.const(0),), start)

    def _buffer(self, name: str, node: ast.Call) -> Buffer:
        arguments = [self.value(each) for each in node.args]
        named = {each.arg: self.value(each.value) for each in node.keywords}
        shape = named.get("shape", arguments[0] if arguments else None)
        kind = named.get("dtype", arguments[1] if len(arguments) > 1 else "float32")
        return Buffer(name, checked_shape(shape, name), as_dtype(kind))

    def _stored(self, place: ast.Name | ast.Subscript, value: Any) -> Stmt:
        if isinstance(place, ast.Name):
            return self._store(self.value(place, whole=True), (build.const(0),), value)
        return self._store(self.value(place.value, whole=True), self._indices(place), value)

    def _store(self, buffer: Any, indices: tuple[Expr, ...], value: Any) -> Stmt:
        if not isinstance(buffer, Buffer) or buffer in self._inputs:
            raise ExpressionError(
                f"expected a store to an output or an allocated buffer in {self._name}, got one to "
                f"{getattr(buffer, 'name', buffer)}"
            )
        if len(indices) != len(buffer.shape):
            raise ExpressionError(f"expected {len(buffer.shape)} indices for {buffer.name}")
        return Store(buffer, indices, build.cast(build.as_expr(value), buffer.dtype))

    def _indices(self, place: ast.Subscript) -> tuple[Expr, ...]:
        given = self.value(place.slice)
        exprs = given if isinstance(given, tuple) else (given,)
        return tuple(build.cast(build.as_expr(each), INDEX) for each in exprs)

    def _loop(self, name: str, node: ast.For) -> Stmt:
        match node.iter:
            case ast.Call(func=ast.Name(id=kind), args=args, keywords=[]) if kind in LOOPS:
                ends = [build.cast(build.as_expr(self.value(each)), INDEX) for each in args]
            case _:
                raise self._refused(node.iter)
        if len(ends) not in (1, 2):
            raise self._refused(node.iter)
        start, stop = ends if len(ends) == 2 else (build.const(0), ends[0])
        if kind == "const_range":
            if isinstance(start, Const) and isinstance(stop, Const):
                points = [build.const(value) for value in range(int(start), int(stop))]
                return block(*(self._iteration(name, point, node.body) for point in points))
            raise ExpressionError(
                f"expected numbers as the ends of const_range, got {start}, {stop}"
            )
        var = Var(name, INDEX)
        body = self._iteration(name, var, node.body)
        return loop_of(var, start, build.sub(stop, start), LOOPS[kind], body)

    def _iteration(self, name: str, point: Expr, nodes: Sequence[ast.stmt]) -> Stmt:
        outer = dict(self._values)
        self._values[name] = point
        stmt = self.body(nodes)
        self._values = outer
        return stmt

    def value(self, node: ast.expr, whole: bool = False) -> Any:
        """Return the value of an expression; with `whole`, a name of one element is its buffer."""
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self._named(name, whole)
            case ast.Tuple(elts=elements):
                return tuple(self.value(each) for each in elements)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.value(operand)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return build.not_(self.value(operand))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return _OPERATORS[type(op)](*_pair(self.value(left), self.value(right)))
            case ast.BoolOp(op=op, values=values):
                make = build.and_ if isinstance(op, ast.And) else build.or_
                return make(*(self.value(each) for each in values))
            case ast.Compare():
                return self._compared(node)
            case ast.IfExp(test=test, body=then, orelse=otherwise):
                return build.select(self.value(test), self.value(then), self.value(otherwise))
            case ast.Attribute(value=owner, attr="shape" | "dtype" as field):
                return getattr(self.value(owner, whole=True), field)
            case ast.Subscript(value=owner):
                return self._element(self.value(owner, whole=True), node)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
                return FUNCTIONS[name](*(self.value(each, whole=name == "len") for each in args))
        raise self._refused(node)

    def _named(self, name: str, whole: bool) -> Any:
        if name not in self._values:
            raise ExpressionError(
                f"expected a name that is assigned before in {self._name}, got {name}",
                hint="names of a loop or a branch are not known after it",
            )
        value = self._values[name]
        is_scalar = isinstance(value, Buffer) and value.scope == "local"
        return build.load(value, (build.const(0),)) if is_scalar and not whole else value

    def _compared(self, node: ast.Compare) -> Expr:
        values = [self.value(each) for each in (node.left, *node.comparators)]
        parts = []
        for left, op, right in zip(values, node.ops, values[1:], strict=False):
            if type(op) not in _OPERATORS:
                raise self._refused(node)
            parts.append(_OPERATORS[type(op)](*_pair(left, right)))
        return build.and_(*parts)

    def _element(self, owner: Any, node: ast.Subscript) -> Any:
        if isinstance(owner, Buffer):
            indices = self._indices(node)
            if len(indices) != len(owner.shape):
                raise ExpressionError(f"expected {len(owner.shape)} indices for {owner.name}")
            return build.load(owner, indices)
        index = self.value(node.slice)
        for each in index if isinstance(index, tuple) else (index,):
            if not isinstance(each, int | Const):
                raise ExpressionError(
                    f"expected a number as the index of a list in {self._name}, got {each}",
                    hint="const_range makes loops of numbers",
                )
            owner = owner[int(each)]
        return owner


def _pair(left: Any, right: Any) -> tuple[Any, Any]:
    """Return two operands, of which one is an expression unless both are numbers."""
    if isinstance(left, Expr) or isinstance(right, Expr):
        return build.as_expr(left), right
    return left, right


def _reads(value: Any) -> bool:
    return isinstance(value, Buffer) or (
        isinstance(value, Expr) and any(type(n) is Load for n in walk(value))
    )


def _start(value: Any) -> Expr:
    """Return the first value of a name: of float32 or int32 if it is a number of Python."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return build.const(value, "float32" if isinstance(value, float) else "int32")
    return build.as_expr(value)
