"""`te.extern` with registered functions, as TVM's scripts write it."""

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.tvm import te


def test_a_registered_function() -> None:
    @tvm.register_func("tests.tvm.add")
    def add(x, y, out):
        tvm.nd.array(x.numpy() + y.numpy()).copyto(out)

    A, b = te.placeholder((4,), name="A"), te.placeholder((), name="b")
    C = te.extern(
        A.shape, [A, b], lambda ins, outs: tvm.tir.call_packed("tests.tvm.add", *ins, outs[0])
    )
    built = tvm.build(te.create_schedule(C.op), [A, b, C], "llvm")
    a, c = np.random.rand(4).astype("float32"), tvm.nd.empty((4,))
    built(tvm.nd.array(a), tvm.nd.array(np.float32(2)), c)
    tvm.testing.assert_allclose(c.numpy(), a + 2)
    assert built.time_evaluator("default_function", tvm.cpu(), number=2)(a, np.float32(2), c).mean
    assert tvm.get_global_func("tests.tvm.add") is not None
    assert tvm.get_global_func("tests.tvm.none", allow_missing=True) is None
    with pytest.raises(tvm.TVMError, match="a registered function"):
        tvm.get_global_func("tests.tvm.none")


def test_a_c_function_and_buffers() -> None:
    A = te.placeholder((4,), name="A")

    def copy(ins, outs):
        assert isinstance(ins[0], te.schedule.Buffer)
        assert (ins[0].dtype, int(ins[0].shape[0])) == ("float32", 4)
        return tvm.tir.call_extern(
            "int32", "memcpy", outs[0].access_ptr("w"), ins[0].access_ptr("r"), 16
        )

    B = te.extern((4,), [A], copy, name="B")
    a, b = np.random.rand(4).astype("float32"), tvm.nd.empty((4,))
    tvm.build(te.create_schedule(B.op), [A, B])(tvm.nd.array(a), b)
    tvm.testing.assert_allclose(b.numpy(), a)


def test_a_statement_over_buffers() -> None:
    A = te.placeholder((4,), name="A")
    B = te.extern((4,), [A], lambda ins, outs: outs[0].vstore(1, ins[0].vload(2, "float32") * 2))
    a, b = np.arange(4, dtype="float32"), tvm.nd.array(np.zeros(4, "float32"))
    tvm.build(te.create_schedule(B.op), [A, B])(tvm.nd.array(a), b)
    assert b.numpy().tolist() == [0, 4, 0, 0]


def test_calls_inside_of_loops_see_and_change_buffers() -> None:
    seen = []

    @tvm.register_func("tests.tvm.see", override=True)
    def see(array, number):
        seen.append(array.numpy()[number])
        if number == 2:
            array[3] = 10.0

    def body(ins, outs):
        ib = tvm.tir.ir_builder.create()
        out = ib.buffer_ptr(outs[0])
        with ib.for_range(0, 5) as i:
            with ib.if_scope(i < 3):
                out[i] = ins[0].vload(i) * 2.0
            with ib.else_scope():
                out[i] = out[i] + 1.0
            ib.emit(tvm.tir.call_packed("tests.tvm.see", outs[0], i))
        return ib.get()

    A = te.placeholder((5,), name="A")
    B = te.extern((5,), [A], body, name="B")
    C = te.compute((5,), lambda i: B[i] + 1.0, name="C")
    b, c = tvm.nd.array(np.zeros(5, "float32")), tvm.nd.empty((5,))
    built = tvm.build(te.create_schedule(C.op), [A, B, C])
    built(tvm.nd.array(np.arange(5, dtype="float32")), b, c)
    assert seen == b.numpy().tolist() == [0, 2, 4, 11, 1]
    assert c.numpy().tolist() == [1, 3, 5, 12, 2]


def test_what_a_function_called_inside_of_a_loop_raises() -> None:
    @tvm.register_func("tests.tvm.fail", override=True)
    def fail(number):
        raise KeyError(number)

    def body(ins, outs):
        ib = tvm.tir.ir_builder.create()
        with ib.for_range(3, 5) as i:
            ib.emit(tvm.tir.call_packed("tests.tvm.fail", i))
        return ib.get()

    B = te.extern((5,), [], body, name="B", dtype="float32")
    with pytest.raises(KeyError, match="3"):
        tvm.build(te.create_schedule(B.op), [B])(tvm.nd.empty((5,)))
