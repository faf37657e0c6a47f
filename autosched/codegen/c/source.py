"""A function of a loop nest as C source."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autosched.codegen.c.expressions import LIBRARY, ExpressionWriter, bare, c_type
from autosched.errors import not_offered
from autosched.ir.build import add, const, mul
from autosched.ir.expr import Buffer, Const, Expr, Var
from autosched.ir.stmt import Allocate, Block, For, Function, If, LoopKind, Stmt, Store

INDENT = "    "

MOST_ON_STACK = 4096
"""Elements of the largest buffer that is an array of its function; others are allocated."""

_RESERVED = frozenset(
    ["auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else",
     "enum", "extern", "float", "for", "free", "goto", "if", "inline", "int", "long", "malloc",
     "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch",
     "typedef", "union", "unsigned", "void", "volatile", "while", "bool", "true", "false", "NAN",
     "INFINITY", *(f"{name}{end}" for name in (*LIBRARY, "fabs", "rint") for end in ("", "f")),
     *(f"{sign}int{bits}_t" for sign in ("", "u") for bits in (8, 16, 32, 64))]
)  # fmt: skip


def c_source(function: Function) -> str:
    """Return a function as C99, which a compiler takes with `-fwrapv` and links with `-lm`.

    Its parameters are the buffers and then the sizes. Parallel loops are OpenMP's. The function
    must have no vectors: it is lowered, and no pass has run. Raises NotOfferedError for what C
    cannot say, such as bfloat16.
    """
    writer = _Writer(function)
    lines = list(writer.function())
    head = [f"#include <{name}.h>" for name in ("math", "stdbool", "stdint", "stdlib")]
    helpers = writer.expressions.helpers
    return "\n".join([*head, "", *helpers, *([""] if helpers else []), *lines, ""])


class _Writer:
    def __init__(self, function: Function):
        self._function = function
        self._names: dict[Var | Buffer, str] = {}
        self._taken = {function.name, *_RESERVED}
        self.expressions = ExpressionWriter(self._name)

    def function(self) -> Iterator[str]:
        function = self._function
        params = [
            f"{'' if buffer in function.outputs else 'const '}{c_type(buffer.dtype)}* restrict "
            f"{self._name(buffer)}"
            for buffer in function.params
        ]
        sizes = [f"{c_type(size.dtype)} {self._name(size)}" for size in function.sizes]
        yield f"void {function.name}({', '.join(params + sizes)}) {{"
        yield from self._indented(function.body)
        yield "}"

    def _name(self, thing: Var | Buffer) -> str:
        if thing not in self._names:
            plain = re.sub(r"\W", "_", thing.name, flags=re.ASCII)
            name = plain = f"_{plain}" if plain[0].isdigit() else plain
            number = 0
            while name in self._taken:
                number += 1
                name = f"{plain}_{number}"
            self._taken.add(name)
            self._names[thing] = name
        return self._names[thing]

    def _indented(self, stmt: Stmt) -> Iterator[str]:
        for line in self._lines(stmt):
            yield INDENT + line

    def _lines(self, stmt: Stmt) -> Iterator[str]:
        match stmt:
            case Block(stmts):
                for each in stmts:
                    yield from self._lines(each)
            case For():
                yield from self._loop(stmt)
            case If(condition, then, otherwise):
                yield f"if ({self._text(condition)}) {{"
                yield from self._indented(then)
                if otherwise is not None:
                    yield "} else {"
                    yield from self._indented(otherwise)
                yield "}"
            case Store(buffer, indices, value, None):
                place, text = self.expressions.element(buffer, indices), self._text(value)
                yield " = ".join((place, text)) + ";"
            case Allocate(buffer, body):
                yield from self._allocated(buffer, body)
            case _:
                raise not_offered(f"C for {stmt}")

    def _loop(self, loop: For) -> Iterator[str]:
        if loop.kind is LoopKind.THREAD:
            raise not_offered("C for threads of a GPU")
        if loop.kind is LoopKind.PARALLEL:
            yield "#pragma omp parallel for"
        var, start = self._name(loop.var), self._text(loop.start)
        end = self._text(add(loop.start, loop.extent))
        remark = f"  // {loop.kind.value}" if loop.kind.is_written_out else ""
        yield f"for ({c_type(loop.var.dtype)} {var} = {start}; {var} < {end}; ++{var}) {{{remark}"
        yield from self._indented(loop.body)
        yield "}"
        self._taken.discard(self._names.pop(loop.var))

    def _allocated(self, buffer: Buffer, body: Stmt) -> Iterator[str]:
        count: Expr = const(1)
        for extent in buffer.shape:
            count = mul(count, extent)
        kind, name = c_type(buffer.dtype), self._name(buffer)
        if isinstance(count, Const) and count.value <= MOST_ON_STACK:
            yield f"{kind} {name}[{count.value}];"
            yield from self._lines(body)
            return
        yield f"{kind}* {name} = malloc(sizeof({kind}) * {self.expressions.text(count)});"
        yield from self._lines(body)
        yield f"free({name});"

    def _text(self, expr: Expr) -> str:
        return bare(self.expressions.text(expr))
