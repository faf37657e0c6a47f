"""Small nests and values that the tests of the IR share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched.ir import build
from autosched.ir.dtype import dtype
from autosched.ir.expr import Buffer, Expr, Var
from autosched.ir.interpreter import interpret
from autosched.ir.rewrite import substitute
from autosched.ir.stmt import Allocate, For, Function, If, LoopKind, Stmt, Store, block
from autosched.ir.traverse import free_vars

const, load, ramp = build.const, build.load, build.ramp


def var(name: str, kind: str = "int64") -> Var:
    return Var(name, dtype(kind))


def buffer(name: str, *shape: int | Expr, kind: str = "float32", scope: str = "global") -> Buffer:
    return Buffer(name, tuple(build.as_expr(extent) for extent in shape), dtype(kind), scope)


def loop(
    index: Var, extent: int | Expr, body: Stmt, start: int | Expr = 0, kind: str = "for"
) -> For:
    return For(index, build.as_expr(start), build.as_expr(extent), LoopKind(kind), body)


def store(target: Buffer, indices: Sequence[int | Expr], value: Expr | float) -> Store:
    exprs = tuple(build.as_expr(index) for index in indices)
    return Store(target, exprs, build.as_expr(value, target.dtype))


def function(params: Sequence[Buffer], outputs: Sequence[Buffer], body: Stmt, *sizes: Var):
    return Function("main", tuple(params), tuple(outputs), sizes, body)


def matmul() -> Function:
    """C = A B for 8-row blocks of n rows, 16 columns at a time, through a local tile."""
    n, io, jo, k, i = (var(name) for name in ("n", "io", "jo", "k", "i"))
    a, b, c = buffer("A", n, 32), buffer("B", 32, 32), buffer("C", n, 32)
    tile = buffer("tile", 8, 16, scope="local")
    row, lanes, columns = io * 8 + i, ramp(const(0), 1, 16), ramp(jo * 16, 1, 16)
    start = Store(tile, (i, lanes), build.zero(dtype("float32x16")))
    step = Store(
        tile, (i, lanes), load(tile, (i, lanes)) + load(a, (row, k)) * load(b, (k, columns))
    )
    finish = Store(c, (row, columns), load(tile, (i, lanes)))
    body = block(
        loop(i, 8, start),
        loop(k, 32, loop(i, 8, guarded(row < n, step), kind="unrolled")),
        loop(i, 8, guarded(row < n, finish)),
    )
    nest = loop(io, (n + 7) // 8, loop(jo, 2, Allocate(tile, body)), kind="parallel")
    return function([a, b, c], [c], nest, n)


def guarded(condition: Expr, stmt: Stmt) -> Stmt:
    return If(condition, stmt)


def evaluate(expr: Expr, kind: str | None = None, **values: object) -> object:
    """The interpreter's value of `expr`, its variables read from arrays of one element."""
    variables = list(free_vars(expr))
    inputs = [Buffer(v.name, (const(1),), v.dtype) for v in variables]
    loads = {v: load(b, (0,)) for v, b in zip(variables, inputs, strict=True)}
    out = Buffer("out", (const(1),), dtype(kind) if kind else expr.dtype)
    arrays = [np.array([values[v.name]], v.dtype.numpy) for v in variables]
    result = np.zeros(1, out.dtype.numpy)
    body = Store(out, (const(0),), substitute(expr, loads))
    interpret(function([*inputs, out], [out], body), [*arrays, result])
    return result[0]
