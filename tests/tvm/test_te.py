"""`autosched.tvm.te`: TVM's keywords, tags, bounds and automatic inlining."""

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.tvm import te


def test_keywords_of_tvm() -> None:
    n = te.var("n", dtype="int32")
    A = te.placeholder((n,), dtype=None, name="A")
    k = te.reduce_axis(tvm.ir.Range(tvm.const(0), n), name="k", thread_tag="")
    B = te.compute((1,), lambda i: te.sum(A[k], axis=k), name="B", tag="sum", attrs={"x": 1})
    assert (B.op.tag, B.op.attrs, k.dom.extent, k.var) == ("sum", {"x": 1}, n, k)
    assert te.thread_axis(tag="threadIdx.x", name="tx").name == "threadIdx.x"
    C = te.compute((4,), lambda i: te.if_then_else(cond=i > 1, t=1.0, f=0.0))
    assert isinstance(C.op.body[0], tvm.tir.Select)


def test_shapes_of_whole_floats() -> None:
    A = te.placeholder((32 / 4, 4), name="A")
    assert [int(extent) for extent in A.shape] == [8, 4]
    assert list(range(A.shape[1])) == [0, 1, 2, 3]
    with pytest.raises(tvm.TVMError, match=r"expected an integer in the shape of A, got 2\.5"):
        te.placeholder((5 / 2,), name="A")


def test_tags_of_a_scope() -> None:
    A = te.placeholder((4,), name="A")

    @te.tag_scope(tag="inner")
    def plus_one():
        return te.compute((4,), lambda i: A[i] + 1.0)

    with te.tag_scope(tag="outer"):
        B = te.compute((4,), lambda i: A[i] * 2.0)
        with pytest.raises(ValueError, match="one tag_scope"):
            plus_one()
    assert (B.op.tag, plus_one().op.tag) == ("outer", "inner")


def elementwise_chain():
    A = te.placeholder((8, 8), name="A")
    B = te.compute((8, 8), lambda i, j: A[i, j] + 1.0, name="B")
    C = te.compute((8, 8), lambda i, j: B[j, i] * 2.0, name="C")
    D = te.compute((8, 8), lambda i, j: C[i, j] - 3.0, name="D")
    return A, B, C, D


@pytest.mark.parametrize(
    ("inline", "inlined"),
    [
        (te.schedule.AutoInlineElemWise, ["B"]),
        (te.schedule.AutoInlineBroadcast, ["B"]),
        (te.schedule.AutoInlineInjective, ["B", "C"]),
    ],
)
def test_automatic_inlining(inline, inlined) -> None:
    A, _, _, D = elementwise_chain()
    s = te.create_schedule(D.op)
    inline(s)
    assert [s[op].name for op in s.tensors if f"{op.name} is inlined" in str(s)] == inlined
    a, d = tvm.nd.array(np.random.rand(8, 8).astype("float32")), tvm.nd.empty((8, 8))
    tvm.build(s, [A, D])(a, d)
    tvm.testing.assert_allclose(d.numpy(), (a.numpy().T + 1) * 2 - 3, rtol=1e-6)


def test_bounds_and_the_graph_of_reads() -> None:
    A, B, C, D = elementwise_chain()
    s = te.create_schedule(D.op)
    outer, _ = s[D].split(D.op.axis[0], 4)
    s[C].compute_at(s[D], outer)
    bounds = te.schedule.InferBound(s.normalize())
    assert isinstance(bounds, tvm.container.Map)
    assert bounds[C.op.axis[0]].extent.value == 4
    assert isinstance(te.schedule.ScheduleOps(s, bounds), tvm.tir.Stmt)
    graph = te.schedule.CreateReadGraph([D.op])
    assert graph[D.op] == [C]
    assert te.schedule.PostDFSOrder([D.op], graph) == [A.op, B.op, C.op, D.op]


def test_attributes_of_loops() -> None:
    *_, D = elementwise_chain()
    s = te.create_schedule(D.op)
    s[D].vectorize(D.op.axis[1])
    s[D].pragma(D.op.axis[0], "note")
    attrs = s[D].iter_var_attrs
    assert attrs[D.op.axis[1]].iter_type == te.schedule.IterVar.Vectorized
    assert attrs[D.op.axis[0]].pragma_keys[0].value == "note"
    assert (s[D].attach_type, s[D].attach_stage) == (1, None)


def test_pragmas_that_annotate() -> None:
    *_, D = elementwise_chain()
    s = te.create_schedule(D.op)
    s[D].pragma(D.op.axis[1], "vectorize")
    assert s[D].iter_var_attrs[D.op.axis[1]].iter_type == te.schedule.IterVar.Vectorized
