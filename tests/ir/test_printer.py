"""The text of expressions and nests."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent

import pytest

from autosched.ir import build, printer
from autosched.ir import expr as e
from autosched.ir.dtype import INDEX, DType
from autosched.ir.node_types import register
from autosched.ir.pragma import Hint
from autosched.ir.printer import excerpt, expr_text, function_text, stmt_text
from autosched.ir.stmt import Allocate, Block, For, If, LoopKind, Store, block
from autosched.ir.traverse import iter_stmts
from tests.ir.nests import buffer, const, function, load, loop, matmul, ramp, store, var

X, Y = var("i"), var("j")
F, H, U, P = var("f", "float32"), var("h", "float16"), var("u", "uint8"), var("p", "bool")


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (X + Y * 2 - 3, "i + j*2 - 3"),
        (X - (Y - 3), "i - (j - 3)"),
        ((X + Y) * 2, "(i + j)*2"),
        (X * (Y // 4) % 3, "i*(j//4)%3"),
        (F * 2 + F / (F * F), "f * 2.0 + f / (f * f)"),
        (-F, "f * -1.0"),
        (X - Y, "i - j"),
        (1 - X, "1 - i"),
        ((X & 3) | (Y << 2), "i & 3 | j << 2"),
        ((X + Y) >> 1, "i + j >> 1"),
        (build.and_(X < Y, build.or_(P, X.equal(3))), "i < j and (p or i == 3)"),
        (build.not_(build.and_(P, X <= 3)), "not (p and i <= 3)"),
        (P.equal(X < Y), "p == (i < j)"),
        (build.minimum(X, 3) + build.maximum(Y, X), "min(i, 3) + max(j, i)"),
        (build.select(X < 3, F, 0), "select(i < 3, f, 0.0)"),
        (build.call("exp", F + 1), "exp(f + 1.0)"),
        (U + 1, "u + 1"),
        (U.astype("int32") * 2, "int32(u) * 2"),
        (const(1, "uint8"), "uint8(1)"),
        (build.call("exp", const(0.1, "float16")), "exp(float16(0.1))"),
        (H * 0.1, "h * 0.1"),
        (const(0.1), "0.1"),
        (const(1e30), "1e+30"),
        (const(float("-inf")), "-inf"),
        (const(True), "True"),
        (build.select(P, const(1, "int8"), const(2, "int8")), "select(p, int8(1), int8(2))"),
        (ramp(X, 2, 8) + 1, "ramp(i, 2, 8) + broadcast(1, 8)"),
        (load(buffer("A", 8, 64), (X, ramp(Y * 8, 1, 8))), "A[i, j*8 : +8]"),
        (load(buffer("A", 64), (ramp(Y, 1, 8),), ramp(Y, 1, 8) < X),
         "A[j : +8 if ramp(j, 1, 8) < broadcast(i, 8)]"),
        (load(buffer("A", 64), (ramp(Y, 2, 8),)), "A[ramp(j, 2, 8)]"),
        (X + var("i"), "i + i_1"),
    ],
)  # fmt: skip
def test_expressions_have_the_fewest_parentheses(expr, text):
    assert expr_text(expr) == text


def test_a_deep_expression_prints():
    expr = F
    for _ in range(5_000):
        expr = expr + F
    assert expr_text(expr) == " + ".join(["f"] * 5_001)


def test_a_node_of_another_unit_prints_by_its_children_or_as_registered():
    @dataclass(slots=True, eq=False, repr=False)
    class Pair(e.Expr):
        a: e.Expr
        b: e.Expr
        dtype: DType

    register(Pair, lambda node: (node.a, node.b), lambda node, new: Pair(*new, node.dtype))
    pair = Pair(X + 1, Y, INDEX)
    assert expr_text(pair * 2) == "Pair(i + 1, j)*2"
    printer.register(Pair, lambda node: ["<", (node.a, 0), "; ", (node.b, 0), ">"])
    assert expr_text(pair * 2) == "<i + 1; j>*2"


MATMUL = """\
def main(A: float32[n, 32], B: float32[32, 32], C: float32[n, 32] out, n: int64):
    parallel io in 0..(n + 7)//8:
        for jo in 0..2:
            alloc tile: float32[8, 16] local
            for i in 0..8:
                tile[i, 0 : +16] = broadcast(0.0, 16)
            for k in 0..32:
                unrolled i in 0..8:
                    if io*8 + i < n:
                        tile[i, 0 : +16] = tile[i, 0 : +16] + broadcast(A[io*8 + i, k], 16) * B[k, jo*16 : +16]
            for i in 0..8:
                if io*8 + i < n:
                    C[io*8 + i, jo*16 : +16] = tile[i, 0 : +16]"""  # noqa: E501


def test_a_function():
    assert function_text(matmul()) == MATMUL
    assert str(matmul()) == MATMUL


def test_every_kind_of_statement():
    a, t = buffer("A", 8), buffer("t", 4, kind="int8", scope="local")
    nest = block(
        Allocate(t, Store(t, (const(0),), const(1, "int8"))),
        If(X < 3, store(a, [X], 1.0), If(X < 5, Block(()), store(a, [0], F))),
        For(Y, X * 2, const(3), LoopKind.VECTORIZED, store(a, [Y], 2.0), (Hint(4, "unroll"),)),
        Store(a, (ramp(Y, 1, 4),), build.broadcast(F, 4), ramp(Y, 1, 4) < 8),
        loop(var("j"), 5, store(a, [Y], 2.0), start=3),
    )
    assert stmt_text(nest) == dedent("""\
        alloc t: int8[4] local:
            t[0] = 1
        if i < 3:
            A[i] = 1.0
        elif i < 5:
            pass
        else:
            A[0] = f
        vectorized j in i*2 .. i*2 + 3 [unroll=4]:
            A[j] = 2.0
        A[j : +4 if ramp(j, 1, 4) < broadcast(8, 4)] = broadcast(f, 4)
        for j_1 in 3..8:
            A[j] = 2.0""")


def test_a_mark_stands_under_its_statement():
    a = buffer("A", 8)
    first, second = store(a, [X], 1.0), store(a, [X], F * 2)
    nest = loop(X, 8, block(first, second))
    expected = dedent("""\
        for i in 0..8:
            A[i] = 1.0
            A[i] = f * 2.0
            ^^^^^^^^^^^^^^""")
    assert stmt_text(nest, mark=second) == expected
    assert stmt_text(nest, mark=second.value) == expected
    assert stmt_text(nest, mark=nest).splitlines()[1] == "^^^^^^^^^^^^^^"
    assert "^" not in stmt_text(nest, mark=store(a, [X], 1.0))


def test_an_excerpt_keeps_the_headers_and_the_neighbourhood():
    main = matmul()
    last = [stmt for stmt in iter_stmts(main.body) if isinstance(stmt, Store)][-1]
    assert excerpt(main, last, around=1) == dedent("""\
        def main(A: float32[n, 32], B: float32[32, 32], C: float32[n, 32] out, n: int64):
            parallel io in 0..(n + 7)//8:
                for jo in 0..2:
                    ...
                    for i in 0..8:
                        if io*8 + i < n:
                            C[io*8 + i, jo*16 : +16] = tile[i, 0 : +16]
                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^""")


def test_strides_scopes_and_outputs_show():
    a = buffer("A", 4, 4)
    a.strides = (const(5), const(1))
    text = function_text(function([a], [a], store(a, [0, 0], 1.0)))
    assert text.splitlines()[0] == "def main(A: float32[4, 4] strides [5, 1] out):"


def test_an_expression_that_shares_its_operands_prints_in_part():
    value = F
    for _ in range(200):
        value = value * value + value
    text = expr_text(value)
    assert "..." in text
    assert len(text) < 200_000
