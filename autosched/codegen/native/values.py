"""Translates expressions of native functions, which are 64-bit integers, to LLVM text."""

from __future__ import annotations

import ast
from types import FunctionType
from typing import Any

from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.body import Body
from autosched.codegen.native.types import Array, Callee, Shape, llvm_type
from autosched.errors import CodegenError

_BINARY: dict[type, str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.BitAnd: "and", ast.BitOr: "or",
    ast.BitXor: "xor", ast.LShift: "shl", ast.RShift: "ashr",
}  # fmt: skip
_COMPARISONS: dict[type, str] = {
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "slt", ast.LtE: "sle", ast.Gt: "sgt", ast.GtE: "sge",
}  # fmt: skip
_EXTREMES = {"min": "llvm.smin.i64", "max": "llvm.smax.i64"}


class Values(Body):
    """A body in which every variable has a place in memory; LLVM makes it a register."""

    def __init__(self, function: FunctionType, shape: Shape):
        super().__init__()
        self.shape = shape
        self.places: dict[str, str] = {}
        self.calls: list[Callee] = []
        self.ended = False
        self._function = function
        self._globals: dict[str, Any] = function.__globals__
        for param, kind in shape.params.items():
            if kind is None:
                self.store(param, f"%{param}")

    def element(self, node: ast.Subscript) -> tuple[str, Array]:
        """Return the address of an element, and the type of its array."""
        name = node.value.id if isinstance(node.value, ast.Name) else ""
        array = self.shape.params.get(name)
        if array is None:
            raise self.refused(node, "an element of an array that is a parameter")
        if (self.constant(node.slice) or 0) < 0:
            raise self.refused(node, "an index that counts from the beginning")
        index = self.value(node.slice)
        return self.let(llvm.element(array.element, f"%{name}", index)), array

    def value(self, node: ast.expr) -> str:
        """Return the value of an expression."""
        match node:
            case ast.Constant(value=int() as constant):
                return str(int(constant))
            case ast.Name() if node.id in self.places:
                return self.load(node.id)
            case ast.Name() | ast.Attribute():
                known = self.constant(node)
                if known is None:
                    raise self.refused(node, "an integer")
                return str(known)
            case ast.Subscript():
                place, array = self.element(node)
                value = self.let(llvm.load(array.element, place))
                if array.extend:
                    value = self.let(llvm.convert(array.extend, array.element, value, "i64"))
                return value
            case ast.BinOp():
                return self._binary(node)
            case ast.UnaryOp(op=ast.USub()):
                return self.operation("sub", 0, self.value(node.operand))
            case ast.UnaryOp(op=ast.Invert()):
                return self.operation("xor", -1, self.value(node.operand))
            case ast.Call(func=ast.Name(id="min" | "max" as name)) if node.args:
                value, *others = [self.value(arg) for arg in node.args]
                for other in others:
                    operands = [f"i64 {value}", f"i64 {other}"]
                    value = self.let(llvm.call("i64", _EXTREMES[name], operands))
                return value
            case ast.Call():
                found = self.call(node)
                if not found:
                    raise self.refused(node, "a function that returns an integer")
                return found
            case ast.Compare():
                return self.let(llvm.convert("zext", "i1", self._compare(node), "i64"))
            case ast.IfExp():
                return self._either(node.test, node.body, node.orelse)
            case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                if not _is_truth(node):
                    raise self.refused(node, "'and' and 'or' of comparisons where a value is kept")
                one, zero = (ast.copy_location(ast.Constant(n), node) for n in (1, 0))
                return self._either(node, one, zero)
        raise self.refused(node, "arithmetic of integers")

    def _binary(self, node: ast.BinOp) -> str:
        a, b = self.value(node.left), self.value(node.right)
        if type(node.op) in _BINARY:
            return self.operation(_BINARY[type(node.op)], a, b)
        if not isinstance(node.op, ast.FloorDiv | ast.Mod):
            raise self.refused(node, "arithmetic of integers")
        # LLVM rounds to zero, Python down: where the signs differ, the remainder tells.
        rest = self.operation("srem", a, b)
        inexact = self.operation("icmp ne", rest, 0)
        differ = self.operation("icmp slt", self.operation("xor", rest, b), 0)
        down = self.let(llvm.binary("and", "i1", inexact, differ))
        if isinstance(node.op, ast.Mod):
            return self.let(llvm.select("i1", down, "i64", self.operation("add", rest, b), rest))
        whole = self.operation("sdiv", a, b)
        return self.operation("sub", whole, self.let(llvm.convert("zext", "i1", down, "i64")))

    def operation(self, operation: str, a: str | int, b: str | int) -> str:
        """Return the result of an operation on two integers."""
        return self.let(llvm.binary(operation, "i64", a, b))

    def _either(self, test: ast.expr, then: ast.expr, otherwise: ast.expr) -> str:
        """Return one of two values, and compute only that one."""
        labels, after = (self.label("then"), self.label("else")), self.label("after")
        name = f"{after}.value"
        self.decide(test, *labels)
        for label, value in zip(labels, (then, otherwise), strict=True):
            self.open(label)
            self.store(name, self.value(value))
            self.jump(after)
        self.open(after)
        return self.load(name)

    def _compare(self, node: ast.Compare) -> str:
        match node:
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Tuple(elts=members)]):
                return self._member(node.left, members, isinstance(node.ops[0], ast.In))
        values = [self.value(value) for value in (node.left, *node.comparators)]
        holds = ""
        for op, a, b in zip(node.ops, values, values[1:], strict=False):
            if type(op) not in _COMPARISONS:
                raise self.refused(node, "a comparison of integers")
            one = self.operation(f"icmp {_COMPARISONS[type(op)]}", a, b)
            holds = self.let(llvm.binary("and", "i1", holds, one)) if holds else one
        return holds

    def _member(self, node: ast.expr, members: list[ast.expr], is_in: bool) -> str:
        """Return whether a value is one of `members`, or none of them."""
        value = self.value(node)
        holds = "false"
        for member in map(self.value, members):
            holds = self.let(
                llvm.binary("or", "i1", holds, self.operation("icmp eq", value, member))
            )
        return holds if is_in else self.let(llvm.binary("xor", "i1", holds, "true"))

    def decide(self, test: ast.expr, then: str, otherwise: str) -> None:
        """Continue at `then` or at `otherwise`; operands of `and` and `or` may be skipped."""
        match test:
            case ast.BoolOp():
                for part in test.values[:-1]:
                    more = self.label("more")
                    if isinstance(test.op, ast.And):
                        self.decide(part, more, otherwise)
                    else:
                        self.decide(part, then, more)
                    self.open(more)
                self.decide(test.values[-1], then, otherwise)
                return
            case ast.UnaryOp(op=ast.Not()):
                self.decide(test.operand, otherwise, then)
                return
            case ast.Compare():
                holds = self._compare(test)
            case _:
                holds = self.operation("icmp ne", self.value(test), 0)
        self.branch(holds, then, otherwise)

    def call(self, node: ast.Call) -> str:
        """Call another native function; return its value, or "" if it has none."""
        name = ast.unparse(node.func)
        callee = self._global(node.func)
        if not isinstance(callee, Callee) or node.keywords:
            raise self.refused(node, f"{name} to be a native function given arguments in order")
        shape = callee.shape
        if len(node.args) != len(shape.params):
            raise self.refused(node, f"{len(shape.params)} arguments for {name}")
        passed = []
        for arg, (param, kind) in zip(node.args, shape.params.items(), strict=True):
            if kind is None:
                value = self.value(arg)
            elif isinstance(arg, ast.Name) and self.shape.params.get(arg.id) == kind:
                value = f"%{arg.id}"
            else:
                raise self.refused(arg, f"an array of {kind.dtype} for {param} of {name}")
            passed.append(f"{llvm_type(kind)} {value}")
        self.calls.append(callee)
        text = llvm.call(shape.result, llvm.quoted(callee.name), passed)
        if shape.returns:
            return self.let(text)
        self.do(text)
        return ""

    def constant(self, node: ast.expr) -> int | None:
        """Return the value of an expression of module constants, None for others."""
        value = self._global(node)
        return int(value) if isinstance(value, int) else None

    def _global(self, node: ast.expr) -> Any:
        for part in ast.walk(node):
            hidden = isinstance(part, ast.Name) and self._is_local(part.id)
            if hidden or isinstance(part, ast.Call):
                return None
        code = compile(ast.Expression(node), "<constant>", "eval")
        try:
            return eval(code, self._globals)
        except (NameError, AttributeError):
            return None

    def _is_local(self, name: str) -> bool:
        return name in self.places or name in self.shape.params

    def load(self, name: str) -> str:
        return self.let(llvm.load("i64", self.places[name]))

    def store(self, name: str, value: str) -> None:
        place = self.places.setdefault(name, f'%"{name}.place"')
        self.do(llvm.store("i64", value, place))

    def open(self, label: str) -> None:
        super().open(label)
        self.ended = False

    def refused(self, node: ast.AST, expected: str) -> CodegenError:
        line = getattr(node, "lineno", self._function.__code__.co_firstlineno)
        return CodegenError(
            f"{self._function.__module__}.{self._function.__name__}, line {line}: expected "
            f"{expected}, got {ast.unparse(node)!r}"
        )


def _is_truth(node: ast.expr) -> bool:
    """Tell whether the value is True or False in Python, not an operand of `and` or `or`."""
    if isinstance(node, ast.BoolOp):
        return all(map(_is_truth, node.values))
    is_not = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    return is_not or isinstance(node, ast.Compare)
