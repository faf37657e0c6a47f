"""Statements put together one by one."""

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.tvm import te


def test_statements_in_order() -> None:
    ib = tvm.tir.ir_builder.create()
    for name in ("first", "second"):
        ib.emit(tvm.tir.call_extern("int32", name, 1))
    assert str(ib.get()) == "call first(int32(1))\ncall second(int32(1))"
    with pytest.raises(tvm.TVMError, match=r"ir_builder\.pointer"):
        ib.pointer("float32")


def test_loops_conditions_and_buffers() -> None:
    n = te.size_var("n")
    A = te.placeholder((n,), name="A")

    def body(ins, outs):
        ib = tvm.tir.ir_builder.create()
        source, out = ib.buffer_ptr(ins[0]), ib.buffer_ptr(outs[0])
        with ib.for_range(0, n, name="i") as i:
            kept = ib.allocate("float32", (1,), name="kept", scope="local")
            kept[0] = source[i] * 2.0
            with ib.if_scope(ib.likely(i > 2)):
                out[i] = kept[0]
            with ib.else_scope():
                out[i] = kept[0] + 1.0
        return ib.get()

    B = te.extern((n,), [A], body, name="B", dtype="float32")
    kernel = tvm.build(te.create_schedule(B.op), [A, B])
    a = np.arange(5, dtype="float32")
    b = tvm.nd.array(np.zeros(5, "float32"))
    kernel(tvm.nd.array(a), b)
    np.testing.assert_array_equal(b.numpy(), 2 * a + (a <= 2))


def test_accesses_outside_and_scopes_that_do_not_fit_are_refused() -> None:
    A = te.placeholder((8,), name="A")

    def body(ins, outs):
        ib = tvm.tir.ir_builder.create()
        with ib.for_range(0, 8, name="i") as i:
            ib.emit(outs[0].vstore(i + 1, ins[0].vload(i)))
        return ib.get()

    with pytest.raises(tvm.TVMError, match="indices of B in B that are proved"):
        te.extern((8,), [A], body, name="B")
    ib = tvm.tir.ir_builder.create()
    with pytest.raises(tvm.TVMError, match="right after an if_scope"), ib.else_scope():
        pass
    with pytest.raises(tvm.TVMError, match="kind blocked"), ib.for_range(0, 8, kind="blocked"):
        pass


def test_loops_run_in_parallel_where_their_points_are_independent() -> None:
    A = te.placeholder((8,), name="A")

    def body(ins, outs):
        ib = tvm.tir.ir_builder.create()
        source, out = ib.buffer_ptr(ins[0]), ib.buffer_ptr(outs[0])
        with ib.for_range(0, 8, kind="parallel") as i:
            out[i] = source[i] * 2.0
        with ib.for_range(1, 8, kind="vectorize") as i:
            out[i] = out[i] + out[i - 1]
        return ib.get()

    B = te.extern((8,), [A], body, name="B")
    assert [loop.kind for loop in B.op.body.stmts] == [
        tvm.tir.ForKind.PARALLEL, tvm.tir.ForKind.SERIAL,
    ]  # fmt: skip
    b = tvm.nd.empty((8,))
    tvm.build(te.create_schedule(B.op), [A, B])(tvm.nd.array(np.ones(8, "float32")), b)
    np.testing.assert_array_equal(b.numpy(), 2 * np.arange(1, 9))


def test_addresses_inside_of_a_buffer_are_refused() -> None:
    buffer = tvm.tir.decl_buffer((8,))
    assert buffer.access_ptr("r", offset=0) is buffer
    for offset in (1, te.var("n") * 2):
        with pytest.raises(tvm.TVMError, match="access_ptr with an offset"):
            buffer.access_ptr("r", offset=offset)


def test_let_keeps_the_value_that_an_expression_has_then() -> None:
    A = te.placeholder((4,), name="A")

    def body(ins, outs):
        ib = tvm.tir.ir_builder.create()
        source, out = ib.buffer_ptr(ins[0]), ib.buffer_ptr(outs[0])
        with ib.for_range(0, 4, name="i") as i:
            out[i] = source[i]
            before = ib.let("before", out[i] * 2.0)
            out[i] = 100.0
            out[i] = out[i] + before
        return ib.get()

    B = te.extern((4,), [A], body, name="B", dtype="float32")
    b = tvm.nd.empty((4,))
    tvm.build(te.create_schedule(B.op), [A, B])(tvm.nd.array(np.arange(4, dtype="float32")), b)
    assert b.numpy().tolist() == [100, 102, 104, 106]
