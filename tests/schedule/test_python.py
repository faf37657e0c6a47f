"""to_python: names as the user knows them, and identifiers whatever the names."""

from __future__ import annotations

from autosched import te
from autosched.schedule import create_schedule, to_python
from tests.schedule.nests import chain, matmul, pasted


def test_a_script() -> None:
    C = matmul(64, 64, 64)
    s = create_schedule(C)
    CL = s.cache_write(C, "local")
    s.cache_read(s.tensors[1], "global", [CL], layout=[[1, 16], 0, 1])
    _, jo, _, ji = s[C].tile(*C.op.axis, 8, 16, tail="partition")
    s[CL].compute_at(s[C], jo)
    s[C].vectorize(ji)
    ko, _ = s[CL].split(s[CL].op.reduce_axis[0], nparts=4)
    s[CL].pragma(ko, "chunk", 2)
    text = to_python(s)
    assert text.splitlines() == [
        "s = te.create_schedule([C])",
        "A, B, C = s.tensors",
        "C_local = s.cache_write(C, 'local')",
        "B_global = s.cache_read(B, 'global', [C_local], layout=[[1, 16], 0, 1])",
        "i, j = s[C].op.axis",
        "i_outer, j_outer, i_inner, j_inner = s[C].tile(i, j, 8, 16, tail='partition')",
        "s[C_local].compute_at(s[C], j_outer)",
        "s[C].vectorize(j_inner)",
        "i_c, j_c = s[C_local].op.axis",
        "k, = s[C_local].op.reduce_axis",
        "k_outer, k_inner = s[C_local].split(k, nparts=4)",
        "s[C_local].pragma(k_outer, 'chunk', 2)",
    ]
    assert str(pasted(s)) == str(s)


def test_axes_of_one_name_in_two_stages() -> None:
    s = create_schedule(C := chain())
    B = s.tensors[1]
    s[B].unroll(B.op.axis[0])
    s[C].unroll(C.op.axis[0])
    assert "C_i, = s[C].op.axis" in to_python(s)
    assert str(pasted(s)) == str(s)


def test_names_that_are_no_identifiers() -> None:
    A = te.placeholder((8,), name="s")
    B = te.compute((8,), lambda i: A[i] + 1.0, name="for")
    C = te.compute((8,), lambda te: B[te] + 1.0, name="0 x")
    D = te.compute((8,), lambda i: C[i] + A[i], name="0.x")
    E = te.compute((8,), lambda i: D[i] + 1.0, name="E")
    s = create_schedule(E)
    for tensor in (B, C, D, E):
        s[tensor].split(tensor.op.axis[0], 2)
    assert str(pasted(s)) == str(s)


def test_one_of_several_values() -> None:
    A = te.placeholder((8,), name="A")
    B0, B1 = te.compute((8,), lambda i: (A[i], A[i] * 2.0), name="B")
    C = te.compute((8,), lambda i: B0[i] + B1[i], name="C")
    s = create_schedule(C)
    s.cache_read(B1, "local", [C])
    s.cache_write([B1, B0], "local")
    assert "B.op.output(1)" in to_python(s)
    assert str(pasted(s)) == str(s)


def test_an_untouched_schedule() -> None:
    s = create_schedule(te.placeholder((8,), name="A"))
    assert to_python(s) == "s = te.create_schedule([A])\nA, = s.tensors\n"
    assert str(pasted(s)) == str(s) == ""
