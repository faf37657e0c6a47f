"""The types of nodes, and walks over them."""

import autosched.tvm as tvm
from autosched.tvm import te


def test_types() -> None:
    n = te.var("n")
    assert isinstance(tvm.tir.IntImm("int32", 3), tvm.tir.IntImm)
    assert isinstance(tvm.tir.FloatImm("float32", 3), tvm.tir.FloatImm)
    assert not isinstance(tvm.tir.FloatImm("float32", 3), tvm.tir.IntImm)
    assert isinstance(tvm.tir.Cast("float32", n), tvm.tir.Cast)
    assert isinstance(n, tvm.tir.SizeVar)
    assert isinstance(n + 1, tvm.tir.expr.Add)


def test_walks() -> None:
    A = te.placeholder((8,), name="A")
    B = te.compute((8,), lambda i: A[i] + 1.0, name="B")
    body = tvm.lower(te.create_schedule(B.op), [A, B], simple_mode=True)["main"].body
    met = []
    tvm.tir.stmt_functor.post_order_visit(body, lambda node: met.append(type(node)))
    assert met[-1] is tvm.tir.stmt.For
    assert met.index(tvm.tir.BufferLoad) < met.index(tvm.tir.BufferStore)
    n = te.var("n")
    assert str(tvm.tir.stmt_functor.substitute(n + 1, {n: 4})) == "5"
    assert tvm.tir.stmt_functor.substitute(4, {n: 1}) == 4
