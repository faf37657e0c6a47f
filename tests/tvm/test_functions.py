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
