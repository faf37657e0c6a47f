"""Functions of buffers and statements."""

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.tvm import te


def counting(n: te.Var) -> tuple:
    """A function that numbers the elements of a buffer from the first on, and reads another."""
    counted, steps = (tvm.tir.decl_buffer((n,), "int64", name) for name in ("counted", "steps"))
    ib = tvm.tir.ir_builder.create()
    out = ib.buffer_ptr(counted)
    with ib.for_range(0, n - 1, "i") as i:
        out[i + 1] = out[i] + steps.vload(i)
    return steps, counted, ib.get()


def test_arrays_that_are_written_are_changed_in_place() -> None:
    steps, counted, body = counting(te.size_var("n"))
    function = tvm.tir.PrimFunc([steps, counted], body).with_attr("global_symbol", "count")
    module = tvm.IRModule.from_expr(function)
    assert isinstance(module, tvm.tir.PrimFunc)
    assert isinstance(module["count"], tvm.tir.PrimFunc)
    built = tvm.build(module, target="llvm")
    total = tvm.nd.array(np.full(5, 7))
    built["count"](tvm.nd.array(np.arange(5)), total)
    assert total.numpy().tolist() == [7, 7, 8, 10, 13]


def test_a_call_of_a_function_and_sizes() -> None:
    seen = []

    @tvm.register_func("tests.tvm.sizes", override=True)
    def sizes(*numbers):
        seen.append(numbers)

    n, m = te.size_var("n"), te.size_var("m")
    call = tvm.tir.Evaluate(tvm.tir.call_packed("tests.tvm.sizes", n, m))
    buffer = tvm.tir.decl_buffer((n,), "float32", "buffer")
    built = tvm.driver.build(tvm.tir.PrimFunc([buffer, m], call), target="llvm")
    built(tvm.nd.array(np.zeros(6, "float32")), 3)
    assert seen == [(6, 3)]


def test_misuse() -> None:
    n = te.size_var("n")
    steps, counted, body = counting(n)
    with pytest.raises(tvm.TVMError, match="expected a buffer among the parameters"):
        tvm.tir.PrimFunc([n], body)
    with pytest.raises(tvm.TVMError, match="expected buffers and sizes as parameters"):
        tvm.tir.PrimFunc([steps, "counted"], body)
    with pytest.raises(tvm.TVMError, match="expected the buffer counted among the parameters"):
        tvm.tir.PrimFunc([steps], body)
    with pytest.raises(tvm.TVMError, match="proved to lie"):
        tvm.tir.PrimFunc([counted], counted.vstore(n, 1))
