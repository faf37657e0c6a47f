"""Functions of C, intrinsics of LLVM and operators of one's own in expressions."""

from __future__ import annotations

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.errors import NotOfferedError
from autosched.te.evaluate import evaluate
from autosched.tvm import te
from autosched.tvm.tir import intrinsics


def built(formula, n=10):
    A = te.placeholder((n,), name="A")
    B = te.compute((n,), lambda i: formula(A[i]), name="B")
    s = te.create_schedule(B.op)
    s[B].vectorize(B.op.axis[0])
    a, b = np.linspace(0.5, 2, n, dtype="float32"), tvm.nd.array(np.zeros(n, "float32"))
    tvm.build(s, [A, B], "llvm")(tvm.nd.array(a), b)
    return A, B, a, b.numpy()


def test_a_c_function_has_a_meaning() -> None:
    A, B, a, b = built(lambda x: tvm.tir.call_pure_extern("float32", "expf", x) + 1.0)
    np.testing.assert_allclose(b, np.exp(a) + 1, rtol=1e-6)
    np.testing.assert_allclose(evaluate([B], {A: a})[0], b, rtol=1e-6)
    with pytest.raises(tvm.TVMError, match="a C function of this process, got tests_none"):
        built(lambda x: tvm.tir.call_pure_extern("float32", "tests_none", x))


def test_an_intrinsic_of_llvm() -> None:
    def formula(x):
        types = tvm.tir.const(1, "uint32")
        return tvm.tir.call_llvm_pure_intrin("float32", "llvm.fma", types, x, x, 1.0)

    A, B, a, b = built(formula)
    np.testing.assert_allclose(b, a * a + 1, rtol=1e-6)
    with pytest.raises(tvm.TVMError, match=r"llvm\.fma\.f32, an intrinsic of LLVM, without"):
        evaluate([B], {A: a})


def test_bits_as_another_dtype() -> None:
    def formula(x):
        bits = tvm.tir.call_intrin("int32", "tir.reinterpret", x)
        return tvm.tir.call_intrin("float32", "tir.reinterpret", bits + 1)

    *_, a, b = built(formula)
    np.testing.assert_array_equal(b, np.nextafter(a, np.float32(9)))
    with pytest.raises(tvm.TVMError, match="as many bits as float32, got int8"):
        tvm.tir.call_intrin("int8", "tir.reinterpret", tvm.tir.const(1.0, "float32"))
    assert str(tvm.tir.const(3, "int32").astype("int32x4")) == "broadcast(int32(3), 4)"


def test_operators_with_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intrinsics, "_rules", {})
    seen = []

    def rule(op):
        assert isinstance(op, tvm.tir.Call)
        seen.append(op.op.name)
        return tvm.tir.call_pure_extern(op.dtype, "logf", op.args[0])

    pure = tvm.tir.CallEffectKind.Pure
    tvm.ir.register_op_attr("tir.tests_log", "TCallEffectKind", pure)
    tvm.ir.register_intrin_lowering("tir.tests_log", target="llvm", f=rule, level=99)
    *_, a, b = built(lambda x: tvm.tir.call_intrin(x.dtype, "tir.tests_log", x))
    np.testing.assert_allclose(b, np.log(a), rtol=1e-6)
    assert seen == ["tir.tests_log"]
    with pytest.raises(tvm.TVMError, match=r"the operator tir\.tests_none"):
        tvm.tir.call_intrin("float32", "tir.tests_none", 1.0)
    assert (
        str(tvm.tir.call_intrin("float32", "tir.exp", tvm.tir.const(1.0, "float32"))) == "exp(1.0)"
    )


def test_a_rule_of_a_known_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intrinsics, "_rules", {})

    def halved(op):
        return op.args[0] / 2.0 if op.dtype == "float32" else op

    tvm.ir.register_intrin_lowering("tir.exp", target="cuda", f=halved)
    *_, a, b = built(te.exp)
    np.testing.assert_allclose(b, np.exp(a), rtol=1e-6)
    tvm.ir.register_intrin_lowering("tir.exp", target="default", level=1)(halved)
    *_, a, b = built(te.exp)
    np.testing.assert_array_equal(b, a / 2)
    tvm.ir.register_intrin_lowering("tir.exp", target="llvm", f=lambda op: op, level=2)
    *_, a, b = built(te.exp)
    np.testing.assert_allclose(b, np.exp(a), rtol=1e-6)


def test_an_operator_is_declared_before_it_has_a_rule() -> None:
    tvm.ir.register_op_attr("tir.tests_later", "TCallEffectKind", tvm.tir.CallEffectKind.Pure)
    A = te.placeholder((4,), name="A")
    B = te.compute((4,), lambda i: tvm.tir.call_intrin("float32", "tir.tests_later", A[i]))
    assert str(B.op.body[0]) == "tests_later(A[i])"
    s = te.create_schedule(B.op)
    for make in (tvm.lower, tvm.build):
        with pytest.raises(NotOfferedError, match=r"the operator tir\.tests_later"):
            make(s, [A, B])
    tvm.ir.register_intrin_lowering("tir.tests_later", target="llvm", f=lambda op: op.args[0] * 2.0)
    b = tvm.nd.empty((4,))
    tvm.build(s, [A, B])(tvm.nd.array(np.ones(4, "float32")), b)
    assert b.numpy().tolist() == [2, 2, 2, 2]
