"""A Python function of integers to LLVM text."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import FunctionType

from autosched.codegen.native.types import Callee, Shape
from autosched.codegen.native.values import Values


@dataclass(frozen=True, slots=True)
class Translation:
    """The function for LLVM, from its type on, and the functions it calls."""

    text: str
    calls: tuple[Callee, ...]


def translate(function: FunctionType, name: str, shape: Shape) -> Translation:
    """Translate `function`.

    Raises CodegenError naming the line of whatever has no translation.
    """
    body = _Body(function, shape)
    body.block(_definitions(function.__code__.co_filename)[function.__code__.co_firstlineno].body)
    text = body.function_text(name)
    return Translation(text, tuple(dict.fromkeys(body.calls)))


@cache
def _definitions(file: str) -> dict[int, ast.FunctionDef]:
    """The functions of a file by their first lines, those of decorators included."""
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
        """Where `break` and `continue` go, the innermost loop last."""

    def function_text(self, name: str) -> str:
        """The whole function."""
        end = [] if self.ended else ["ret i64 0" if self.shape.returns else "ret void"]
        places = [f"{place} = alloca i64" for place in self.places.values()]
        places += [f"store i64 0, ptr {place}" for place in self.places.values()]
        head = f'{self.shape.result} @"{name}"({self.shape.arguments()}) nounwind {{'
        return "\n".join([head, "entry:", *places, *self.lines, *end, "}"])

    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Statements one after the other; nothing follows a jump."""
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
        value = f"ret i64 {self.value(node.value)}" if node.value else "ret void"
        self.lines.append(value)
        self.ended = True

    def _if(self, node: ast.If) -> None:
        then, otherwise, after = self.labels("then", "else", "after")
        self.branch(node.test, then, otherwise)
        reached = False
        for label, statements in ((then, node.body), (otherwise, node.orelse)):
            self.label(label)
            self.block(statements)
            if not self.ended:
                self.jump(after)
                reached = True
        self.ended = True
        if reached:
            self.label(after)

    def _while(self, node: ast.While) -> None:
        test, body, after = self.labels("test", "body", "after")
        self.jump(test)
        self.label(test)
        self.branch(node.test, body, after)
        self._loop(body, node.body, after, test)
        self.label(after)

    def _for(self, node: ast.For) -> None:
        call, target = node.iter, node.target
        if (
            not isinstance(call, ast.Call)
            or ast.unparse(call.func) != "range"
            or not isinstance(target, ast.Name)
        ):
            raise self.refused(node, "a loop of a variable over range(...)")
        start, stop, step = self._range(call)
        counter = f"{target.id}.{self.fresh()}"
        last = self.value(stop)
        self.store(counter, self.value(start))
        test, body, advance, after = self.labels("test", "body", "next", "after")
        self.jump(test)
        self.label(test)
        value = self.load(counter)
        going = self.emit(f"icmp {'slt' if step > 0 else 'sgt'} i64 {value}, {last}")
        self.lines.append(f"br i1 {going}, label %{body}, label %{after}")
        self.label(body)
        self.store(target.id, value)
        self._loop("", node.body, after, advance)
        self.label(advance)
        self.store(counter, self.emit(f"add i64 {value}, {step}"))
        self.jump(test)
        self.label(after)

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

    def _loop(self, label: str, statements: Sequence[ast.stmt], after: str, again: str) -> None:
        if label:
            self.label(label)
        self._loops.append((after, again))
        self.block(statements)
        self._loops.pop()
        if not self.ended:
            self.jump(again)

    def _assign(self, target: ast.expr, value: str) -> None:
        if isinstance(target, ast.Name) and not self.shape.params.get(target.id):
            self.store(target.id, value)
        elif isinstance(target, ast.Subscript):
            place, array = self.element(target)
            if array.element != "i64":
                value = self.emit(f"trunc i64 {value} to {array.element}")
            self.lines.append(f"store {array.element} {value}, ptr {place}")
        else:
            raise self.refused(target, "a variable or an element of an array")


def _loaded(target: ast.expr) -> ast.expr:
    """The value of what is assigned to."""
    if isinstance(target, ast.Subscript):
        return ast.Subscript(target.value, target.slice, ast.Load())
    assert isinstance(target, ast.Name)
    return ast.Name(target.id, ast.Load())
