"""Statements as values for JSON: what is read again prints the same and shares the same nodes."""

import json
import math

import pytest

from autosched.errors import ExpressionError
from autosched.ir import build as b
from autosched.ir import expr as e
from autosched.ir import stmt as s
from autosched.ir.dtype import INDEX, dtype
from autosched.ir.serialize import from_plain, to_plain


def again(*roots):
    return from_plain(json.loads(json.dumps(to_plain(roots))))


def sample() -> s.Stmt:
    F = dtype("float32")
    A = e.Buffer("A", (b.const(4), b.const(8)), F, strides=(e.Var("stride", INDEX), b.const(1)))
    C = e.Buffer("C", (b.const(4),), F, "local")
    i = e.Var("i", INDEX)
    value = b.select(b.lt(i, 2), b.call("exp", b.load(A, (i, b.const(0)))), b.const(math.inf, F))
    part = e.Address(A, (i, b.const(0)), (b.const(8),), (b.const(1),))
    inside = s.Block(
        (
            s.Store(C, (i,), b.add(value, b.cast(i, F))),
            s.CallExternal("f", (C, part, i), "c", dtype("int32")),
            s.If(b.not_(b.eq(i, 3)), s.Store(C, (i,), b.const(0.1, F))),
        )
    )
    loop = s.For(i, b.const(0), b.const(4), s.LoopKind.PARALLEL, inside)
    return s.Allocate(C, s.IntrinsicCall("name", loop, loop))


def test_what_is_read_prints_the_same() -> None:
    stmt = sample()
    (found,) = again(stmt)
    assert str(found) == str(stmt)
    assert to_plain([found]) == to_plain([stmt])


def test_what_is_shared_stays_shared() -> None:
    buffer = e.Buffer("A", (b.const(4),), dtype("float64"))
    n = e.Var("n", INDEX)
    first, second, nothing, memory = again(b.load(buffer, (n,)), b.add(n, 1), None, buffer)
    assert nothing is None
    assert first.buffer is memory
    assert first.indices[0] is second.a
    assert first.dtype is buffer.dtype


def test_numbers_are_exact() -> None:
    for value, kind in ((0.1, "float64"), (-0.0, "float32"), (2**63 - 1, "int64"), (True, "bool")):
        (found,) = again(e.Const(value, dtype(kind)))
        assert repr(found.value) == repr(value)


@pytest.mark.parametrize("node", [object(), s.Function("f", (), (), (), s.Block(()))])
def test_other_kinds_are_refused(node) -> None:
    with pytest.raises(ExpressionError, match="expected a statement or an expression, got a"):
        to_plain([node])


@pytest.mark.parametrize(
    "document",
    [{}, {"nodes": [["Thing"]], "roots": []}, {"nodes": [["Var", 1]], "roots": []},
     {"nodes": [], "roots": [["node", 0]]}, {"nodes": [], "roots": [["what"]]}, []],
)  # fmt: skip
def test_what_is_malformed_is_refused(document) -> None:
    with pytest.raises(ExpressionError, match="expected statements as JSON"):
        from_plain(document)
