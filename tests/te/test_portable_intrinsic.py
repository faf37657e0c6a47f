"""Tensor intrinsics in a process that has not declared them."""

import pytest

from autosched import te
from autosched.errors import ExpressionError, ScheduleError
from autosched.ir.expr import Buffer, Var
from autosched.ir.stmt import CallExternal
from autosched.measure.local import _intrinsics
from autosched.measure.tasks import Tasks
from autosched.schedule.trace import from_json, replay, to_json
from autosched.target.target import Target
from autosched.te import serialize, tensor_intrinsic
from autosched.te.portable_intrinsic import declare_json
from autosched.te.portable_intrinsic import to_json as intrinsic_json


def product(rows: int, depth: int):
    a, b = te.placeholder((depth,), name="a"), te.placeholder((rows, depth), name="b")
    k = te.reduce_axis((0, depth), "k")
    c = te.compute((rows,), lambda i: te.sum(a[k] * b[i, k], axis=k), name="c")
    stride = Var("stride", te.const(0, "int64").dtype)
    given = Buffer("b", b.shape, b.dtype, strides=(stride, te.const(1, "int64")))

    def call(ins, outs):
        body = CallExternal("sample_gemv", (outs[0], *ins, stride), "python")
        return body, CallExternal("sample_zero", (outs[0],), "python"), body

    return te.decl_tensor_intrin(c.op, call, "gemv", {b: given}, {a: 4})


def tensorized():
    A, B = te.placeholder((8, 16), name="A"), te.placeholder((8, 16), name="B")
    k = te.reduce_axis((0, 16), "k")
    C = te.compute((8, 8), lambda i, j: te.sum(A[i, k] * B[j, k], axis=k), name="C")
    s = te.create_schedule(C.op)
    _, inner = s[C].split(C.op.axis[1], 4)
    s[C].tensorize(inner, product(4, 16))
    return s, [A, B, C]


def test_an_intrinsic_is_declared_again_as_it_was(monkeypatch) -> None:
    intrinsic = product(4, 16)
    text = intrinsic_json(intrinsic)
    monkeypatch.setattr(tensor_intrinsic, "_declared", {})
    found = declare_json(text)
    assert tensor_intrinsic.declared(intrinsic.name) is found
    assert intrinsic_json(found) == text
    assert (str(found.body), str(found.reset)) == (str(intrinsic.body), str(intrinsic.reset))
    assert list(found.alignments.values()) == [4]


def test_a_worker_gets_the_intrinsics_that_a_trace_names(monkeypatch) -> None:
    s, args = tensorized()
    trace, workload = to_json(s.trace), serialize.to_json(args)
    sent = _intrinsics(trace)
    assert len(sent["intrinsics"]) == 1
    assert _intrinsics('{"version":1,"steps":[]}') == {}
    monkeypatch.setattr(tensor_intrinsic, "_declared", {})
    with pytest.raises(ScheduleError, match="that this process has declared"):
        replay(args[-1:], from_json(trace))
    worker = Tasks("autosched.measure.builder:NativeBuilder", 0, pin=False)
    candidate = {"workload": workload, "trace": trace, "target": str(Target.host()), "threads": 1}
    assert worker.perform("build", number=1, **candidate, **sent) > 0


def test_what_functions_outside_compute_is_not_stored() -> None:
    A = te.placeholder((4,), name="A")
    E = te.extern((4,), [A], lambda ins, outs: CallExternal("f", (*ins, *outs)), name="E")
    with pytest.raises(ExpressionError, match="got E, which functions outside compute"):
        serialize.to_json([A, E])
