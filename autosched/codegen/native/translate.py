"""Translates a Python function of integers to LLVM text."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import FunctionType

from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.module import definition
from autosched.codegen.native.types import Callee, Shape
from autosched.codegen.native.values import Values


@dataclass(frozen=True, slots=True)
class Translation:
    """The lines of the body of a function, and the functions that it calls."""

    name: str
    shape: Shape
    lines: list[str]
    calls: tuple[Callee, ...]

    def text(self, linkage: str = "") -> str:
        """Return the definition as LLVM text."""
        symbol, parameters = llvm.quoted(self.name), self.shape.arguments()
        return definition(
            self.shape.result,
            symbol,
            parameters,
            self.lines,
            linkage=linkage,
            attributes=" nounwind",
        )


def translate(function: FunctionType, name: str, shape: Shape) -> Translation:
    """Translate `function`.

    Raises CodegenError, with the line, for code that has no translation.
    """
    body = _Body(function, shape)
    definitions = _definitions(function.__code__.co_filename)
    body.statements(definitions[function.__code__.co_firstlineno].body)
    return Translation(name, shape, body.whole(), tuple(dict.fromkeys(body.calls)))


@cache
def _definitions(file: str) -> dict[int, ast.FunctionDef]:
    """Return the functions of a file by the numbers of their first lines, with decorators."""
    tree = ast.parse("".join(linecache.getlines(file)))
    return {
        min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]): node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }


class _Body(Values):
    """The statements of a function, one after the other."""

    def __init__(self, function: FunctionType, shape: Shape):
        super().__init__(function, shape)
        self._loops: list[tuple[str, str]] = []
        """The blocks that `break` and `continue` jump to, the innermost loop last."""

    def whole(self) -> list[str]:
        """Return all lines, with the places of variables first."""
        if not self.ended:
            self.ret("i64 0" if self.shape.returns else "void")
        entry = ["entry:"]
        for place in self.places.values():
            entry += [
                llvm.assigned(place, llvm.alloca("i64", 1, 8)),
                "  " + llvm.store("i64", "0", place),
            ]
        return entry + self.lines

    def statements(self, statements: Sequence[ast.stmt]) -> None:
        """Translate statements in order; nothing may follow a jump."""
        for statement in statements:
            if self.ended:
                raise self.refused(statement, "statements that can be reached")
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                if len(targets) != len(values):
                    raise self.refused(node, "as many values as targets")
                found = [self.value(value) for value in values]
                for target, value in zip(targets, found, strict=True):
                    self._assign(target, value)
            case ast.Assign(targets=targets):
                value = self.value(node.value)
                for target in targets:
                    self._assign(target, value)
            case ast.AnnAssign(value=ast.expr()):
                assert node.value is not None
                self._assign(node.target, self.value(node.value))
            case ast.AugAssign():
                old = ast.copy_location(_loaded(node.target), node)
                both = ast.copy_location(ast.BinOp(old, node.op, node.value), node)
                self._assign(node.target, self.value(both))
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case ast.Expr(value=ast.Call() as call):
                self.call(call)
            case ast.Return():
                self._return(node)
            case ast.If():
                self._if(node)
            case ast.While(orelse=[]):
                self._while(node)
            case ast.For(orelse=[]):
                self._for(node)
            case ast.Break() | ast.Continue():
                self.jump(self._loops[-1][isinstance(node, ast.Continue)])
                self.ended = True
            case _:
                raise self.refused(node, "assignments, if, while, for and return")

    def _return(self, node: ast.Return) -> None:
        if (node.value is not None) != self.shape.returns:
            raise self.refused(node, "a value to be returned where '-> int' says so")
        self.ret(f"i64 {self.value(node.value)}" if node.value else "void")
        self.ended = True

    def _if(self, node: ast.If) -> None:
        then, otherwise, after = self.label("then"), self.label("else"), self.label("after")
        self.decide(node.test, then, otherwise)
        reached = False
        for label, statements in ((then, node.body), (otherwise, node.orelse)):
            self.open(label)
            self.statements(statements)
            if not self.ended:
                self.jump(after)
                reached = True
        self.ended = True
        if reached:
            self.open(after)

    def _while(self, node: ast.While) -> None:
        test, body, after = self.label("test"), self.label("body"), self.label("after")
        self.jump(test)
        self.open(test)
        self.decide(node.test, body, after)
        self.open(body)
        self._loop(node.body, after, test)
        self.open(after)

    def _for(self, node: ast.For) -> None:
        call, target = node.iter, node.target
        if (
            not isinstance(call, ast.Call)
            or ast.unparse(call.func) != "range"
            or not isinstance(target, ast.Name)
        ):
            raise self.refused(node, "a loop of a variable over range(...)")
        start, stop, step = self._range(call)
        test, body, after = self.label("test"), self.label("body"), self.label("after")
        counter, advance = f"{target.id}.{body}", self.label("next")
        last = self.value(stop)
        self.store(counter, self.value(start))
        self.jump(test)
        self.open(test)
        value = self.load(counter)
        going = self.operation("icmp slt" if step > 0 else "icmp sgt", value, last)
        self.branch(going, body, after)
        self.open(body)
        self.store(target.id, value)
        self._loop(node.body, after, advance)
        self.open(advance)
        self.store(counter, self.operation("add", value, step))
        self.jump(test)
        self.open(after)

    def _range(self, call: ast.Call) -> tuple[ast.expr, ast.expr, int]:
        zero = ast.copy_location(ast.Constant(0), call)
        match call.args:
            case [stop]:
                return zero, stop, 1
            case [start, stop]:
                return start, stop, 1
            case [start, stop, step]:
                value = self.constant(step)
                if value:
                    return start, stop, value
        raise self.refused(call, "range(stop), range(start, stop) or a constant step")

    def _loop(self, statements: Sequence[ast.stmt], after: str, again: str) -> None:
        self._loops.append((after, again))
        self.statements(statements)
        self._loops.pop()
        if not self.ended:
            self.jump(again)

    def _assign(self, target: ast.expr, value: str) -> None:
        if isinstance(target, ast.Name) and not self.shape.params.get(target.id):
            self.store(target.id, value)
        elif isinstance(target, ast.Subscript):
            place, array = self.element(target)
            if array.element != "i64":
                value = self.let(llvm.convert("trunc", "i64", value, array.element))
            self.do(llvm.store(array.element, value, place))
        else:
            raise self.refused(target, "a variable or an element of an array")


def _loaded(target: ast.expr) -> ast.expr:
    """Return the expression that loads the target of an assignment."""
    if isinstance(target, ast.Subscript):
        return ast.Subscript(target.value, target.slice, ast.Load())
    assert isinstance(target, ast.Name)
    return ast.Name(target.id, ast.Load())
