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


def test_variables() -> None:
    n = tvm.tir.Var("n", "int32")
    assert isinstance(n, tvm.tir.Var)
    assert not isinstance(n + 1, tvm.tir.Var)
    assert te.placeholder((n, 3)).shape[0] is n
    assert tvm.tir.Var("x", "float32").dtype == "float32"


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


def test_operations_are_made_by_their_types() -> None:
    n = te.var("n")
    both = tvm.tir.And(tvm.tir.LT(n, 4), tvm.tir.NE(n, 2))
    assert isinstance(both, tvm.tir.And)
    assert not isinstance(both, tvm.tir.Or)
    assert str(both) == str(te.all(n < 4, n != 2))
    assert str(tvm.tir.FloorMod(tvm.tir.Add(n, 1), 4)) == str((n + 1) % 4)
    assert str(tvm.tir.Select(n < 4, 1, 2)) == str(tvm.select(n < 4, 1, 2))


def test_statements_have_their_parts_under_the_names_of_tvm() -> None:
    A = te.placeholder((7, 8), name="A")
    B = te.compute((7, 8), lambda i, j: A[i, j] + 1.0, name="B")
    s = te.create_schedule(B.op)
    s[B].split(B.op.axis[0], 2)
    loops, conditions = [], []

    def note(node) -> None:
        if isinstance(node, tvm.tir.For):
            loops.append((node.loop_var.name, int(node.min), int(node.extent)))
        if isinstance(node, tvm.tir.IfThenElse):
            conditions.append((node.then_case.loop_var.name, node.else_case))

    tvm.tir.stmt_functor.post_order_visit(tvm.lower(s, [A, B], simple_mode=True)["main"].body, note)
    assert [name for name, _, _ in loops] == ["j", "i.inner", "i.outer"]
    assert conditions == [("j", None)]


def test_operators_as_functions() -> None:
    x = te.var("x")
    assert str(tvm.tir.ceildiv(x * 4, 4)) == str(tvm.tir.likely(tvm.tir.ceildiv(4 * x, 4)))
    assert [int(f(6, 3)) for f in (tvm.tir.add, tvm.tir.subtract, tvm.tir.multiply)] == [9, 3, 18]
    bits = tvm.tir.bitwise_and, tvm.tir.bitwise_or, tvm.tir.bitwise_xor, tvm.tir.shift_left
    assert [int(f(6, 3)) for f in bits] == [2, 7, 5, 48]
    assert int(tvm.tir.bitwise_not(tvm.tir.const(5))) == -6
    assert str(tvm.tir.GT(x, 3)) == str(tvm.tir.LT(3, x))
    assert str(tvm.tir.GE(x, 3)) == str(tvm.tir.LE(3, x))
    assert str(tvm.tir.infinity("float32")) == "inf"
    assert tvm.tir.reinterpret("int32", tvm.tir.const(1.0, "float32")).dtype == "int32"
