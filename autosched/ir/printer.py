"""Prints expressions, statements and functions for tests, errors and bug reports.

The text reads like Python: `for i in 0..8:` runs i from 0 to 7; `A[i, j : +16]` is the
vector of 16 elements from j on; `A[i, j : +16 if m]` reads or writes only the lanes where
m holds. An allocated buffer lives to the end of its block, or in the lines indented below it.
Variables with the same name get different suffixes. A constant shows its dtype unless its place
implies it: `x + 1` and `max(x, 0.0)`, but `exp(float16(1.0))`.
"""

from __future__ import annotations

from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.expr import Buffer, Expr
from autosched.ir.expr_text import ANY, SUM, Names, access, expr_text, register, render
from autosched.ir.stmt import (
    Allocate,
    Block,
    CallExternal,
    For,
    Function,
    If,
    IntrinsicCall,
    Stmt,
    Store,
)
from autosched.ir.traverse import own_exprs, walk

__all__ = ["excerpt", "expr_text", "function_text", "register", "stmt_text"]

INDENT = "    "


def stmt_text(stmt: Stmt, mark: Stmt | Expr | None = None) -> str:
    """Return `stmt` as indented lines, with a row of ^ under the first line of the marked one.

    If `mark` is an expression, every statement that contains it is marked.
    """
    text = _NestText(mark)
    text.write(stmt, 0, last=True)
    return "\n".join(text.lines)


def function_text(function: Function, mark: Stmt | Expr | None = None) -> str:
    """Return `function` as a header with its parameters and sizes, and the indented nest."""
    text = _NestText(mark)
    text.function(function)
    return "\n".join(text.lines)


def excerpt(function: Function, mark: Stmt | Expr, around: int = 4) -> str:
    """Return the lines of `function_text` near the mark, and the headers that enclose them."""
    text = _NestText(mark)
    text.function(function)
    lines = text.lines
    at = text.marked_line
    if at is None or len(lines) <= 4 * around:
        return "\n".join(lines)
    kept = set(range(max(0, at - around), min(len(lines), at + around + 2)))
    kept |= set(_headers(lines, min(kept)))
    shown: list[str] = []
    for number, line in enumerate(lines):
        if number in kept:
            shown.append(line)
        elif shown[-1].strip() != "...":
            shown.append(_indent_of(line) + "...")
    return "\n".join(shown)


def _headers(lines: list[str], below: int) -> list[int]:
    """Return the numbers of the header lines that enclose line `below`."""
    found, indent = [], len(_indent_of(lines[below]))
    for number in range(below - 1, -1, -1):
        if len(_indent_of(lines[number])) < indent:
            indent = len(_indent_of(lines[number]))
            found.append(number)
    return found


def _indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


class _NestText:
    """Writes one nest line by line, with unique names."""

    def __init__(self, mark: Stmt | Expr | None):
        self._mark = mark
        self._names = Names()
        self.lines: list[str] = []
        self.marked_line: int | None = None

    def function(self, function: Function) -> None:
        params = [
            self._buffer(buffer) + (" out" if buffer in function.outputs else "")
            for buffer in function.params
        ]
        sizes = [f"{self._names.of(var)}: {var.dtype}" for var in function.sizes]
        self._line(function, 0, f"def {function.name}({', '.join(params + sizes)}):")
        self.write(function.body, 1, last=True)

    def write(self, stmt: Stmt, depth: int, last: bool) -> None:
        match stmt:
            case Block(stmts):
                self._block(stmt, stmts, depth, last)
            case For():
                self._line(stmt, depth, self._loop(stmt))
                self.write(stmt.body, depth + 1, last=True)
                self._names.release(stmt.var)
            case If():
                self._if(stmt, depth, "if")
            case Store():
                self._line(stmt, depth, self._store(stmt))
            case Allocate():
                self._allocate(stmt, depth, last)
            case CallExternal():
                given = (
                    str(self._expr(arg)) if isinstance(arg, Expr) else self._names.of(arg)
                    for arg in stmt.args
                )
                self._line(stmt, depth, f"call {stmt.function}({', '.join(given)})")
            case IntrinsicCall():
                self._line(stmt, depth, f"intrinsic {stmt.name}:")
                self.write(stmt.body, depth + 1, last=True)
            case _:
                raise TypeError(f"expected a statement, got a {type(stmt).__name__}")

    def _line(self, stmt: Stmt | Function, depth: int, text: str) -> None:
        self.lines.append(INDENT * depth + text)
        if self._is_marked(stmt):
            self.marked_line = len(self.lines) - 1
            self.lines.append(INDENT * depth + "^" * len(text))

    def _is_marked(self, stmt: Stmt | Function) -> bool:
        if self._mark is None or stmt is self._mark:
            return stmt is self._mark
        if not isinstance(self._mark, Expr) or isinstance(stmt, Function):
            return False
        return any(self._mark is node for root in own_exprs(stmt) for node in walk(root))

    def _block(self, block: Block, stmts: tuple[Stmt, ...], depth: int, last: bool) -> None:
        if not stmts:
            self._line(block, depth, "pass")
        for number, stmt in enumerate(stmts):
            self.write(stmt, depth, last and number == len(stmts) - 1)

    def _loop(self, loop: For) -> str:
        var = self._names.of(loop.var)
        end = build.add(loop.start, loop.extent)
        dots = ".." if type(loop.start) is e.Const else " .. "
        bounds = render([(loop.start, SUM), dots, (end, SUM)], self._names)
        pragmas = f" [{', '.join(map(str, loop.pragmas))}]" if loop.pragmas else ""
        return f"{loop.kind.value} {var} in {bounds}{pragmas}:"

    def _if(self, stmt: If, depth: int, word: str) -> None:
        self._line(stmt, depth, f"{word} {self._expr(stmt.condition)}:")
        self.write(stmt.then, depth + 1, last=True)
        if type(stmt.otherwise) is If:
            self._if(stmt.otherwise, depth, "elif")
        elif stmt.otherwise is not None:
            self.lines.append(INDENT * depth + "else:")
            self.write(stmt.otherwise, depth + 1, last=True)

    def _store(self, stmt: Store) -> str:
        place = access(self._names.of(stmt.buffer), stmt.indices, stmt.mask)
        value = (stmt.value, ANY, stmt.buffer.dtype)
        return render([*place, " = ", value], self._names)

    def _allocate(self, stmt: Allocate, depth: int, last: bool) -> None:
        # Where more statements follow, the extent of the buffer's life must show.
        self._line(stmt, depth, f"alloc {self._buffer(stmt.buffer)}{'' if last else ':'}")
        self.write(stmt.body, depth if last else depth + 1, last=True)
        self._names.release(stmt.buffer)

    def _buffer(self, buffer: Buffer) -> str:
        text = f"{self._names.of(buffer)}: {buffer.dtype}[{self._list(buffer.shape)}]"
        if buffer.strides is not None:
            text += f" strides [{self._list(buffer.strides)}]"
        if buffer.scope != "global":
            text += f" {buffer.scope}"
        return text if buffer.copies == 1 else f"{text} copies {buffer.copies}"

    def _list(self, exprs: tuple[Expr, ...]) -> str:
        return ", ".join(map(self._expr, exprs))

    def _expr(self, expr: Expr) -> str:
        return render([(expr, ANY)], self._names)
