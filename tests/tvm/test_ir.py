"""`tvm.ir`: texts of tensors and schedules, and equality."""

import pytest

import autosched.tvm as tvm
from autosched.errors import NotOfferedError
from autosched.tvm import te


def matmul():
    A, B = te.placeholder((8, 8), name="A"), te.placeholder((8, 8), name="B")
    k = te.reduce_axis((0, 8), name="k")
    return te.compute((8, 8), lambda i, j: te.sum(A[i, k] * B[k, j], axis=k), name="C")


def test_texts_are_read_again() -> None:
    C = matmul()
    s = te.create_schedule(C.op)
    s[C].split(C.op.axis[0], 4)
    assert str(tvm.ir.load_json(tvm.ir.save_json(C)).op.body[0]) == str(C.op.body[0])
    assert isinstance(tvm.ir.load_json(tvm.ir.save_json(C.op)), te.ComputeOp)
    assert str(tvm.ir.load_json(tvm.ir.save_json(s))) == str(s)
    with pytest.raises(tvm.TVMError, match="save_json"):
        tvm.ir.load_json("{}")


def test_texts_of_dags_and_of_lowered_functions() -> None:
    C = matmul()
    dag = tvm.auto_scheduler.ComputeDAG([*C.op.input_tensors, C])
    assert str(tvm.ir.load_json(tvm.ir.save_json(dag))) == str(dag)
    lowered = tvm.lower(te.create_schedule(C.op), dag.tensors)["main"]
    text = tvm.ir.save_json(lowered)
    assert "def main(A: float32[8, 8]" in text
    with pytest.raises(NotOfferedError, match="load_json of a lowered function"):
        tvm.ir.load_json(text)


def test_equality() -> None:
    n = te.var("n")
    tvm.ir.assert_structural_equal(n + 1, n + 1)
    with pytest.raises(ValueError, match=r"n \+ 2"):
        tvm.ir.assert_structural_equal(n + 1, n + 2)
