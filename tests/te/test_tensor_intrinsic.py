"""Tensor intrinsics: what is declared, by which name, and what is refused."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.stmt import CallExternal, Stmt
from autosched.te.tensor_intrinsic import TensorIntrinsic, declared


def scaled(function: str = "scale", n: int = 8, alignment: int | None = None) -> TensorIntrinsic:
    a = te.placeholder((n,), name="a")
    b = te.compute((n,), lambda i: a[i] * 2.0, name="b")
    call = lambda ins, outs: CallExternal(function, (*outs, *ins), "c")  # noqa: E731
    alignments = None if alignment is None else {a: alignment}
    return te.decl_tensor_intrin(b.op, call, "scaled", alignments=alignments)


def test_it_is_known_by_a_name_of_its_own() -> None:
    made = scaled()
    assert declared(made.name) is made
    assert made.name.startswith("scaled.")
    assert made.shape == (8,)
    assert made.reset is made.update is None
    assert str(made.body) == "call scale(b, a)"
    assert scaled().name == made.name
    others = [scaled("other"), scaled(n=4), scaled(alignment=4), scaled(alignment=8)]
    assert len({made.name, *(other.name for other in others)}) == 5
    assert declared("scaled") is None


def test_the_parts_of_a_reduction() -> None:
    a = te.placeholder((8,), name="a")
    k = te.reduce_axis((0, 8), name="k")
    b = te.compute((1,), lambda i: te.sum(a[k], axis=k), name="b")
    parts: tuple[Stmt, ...] = tuple(CallExternal(name, (), "c") for name in ("all", "zero", "more"))
    made = te.decl_tensor_intrin(b.op, lambda ins, outs: parts)
    assert (made.body, made.reset, made.update) == parts
    assert (made.reduce_init, made.reduce_update) == parts[1:]
    assert made.shape == (1, 8)


def test_what_is_no_intrinsic() -> None:
    a = te.placeholder((8,), name="a")
    b = te.compute((8,), lambda i: a[i] * 2.0, name="b")
    c = te.compute((8,), lambda i: b[i] * 2.0, name="c")
    with pytest.raises(ExpressionError, match="placeholders only, got b"):
        te.decl_tensor_intrin(c.op, lambda ins, outs: None)
    with pytest.raises(ExpressionError, match="a computation as the meaning of f"):
        te.decl_tensor_intrin(a.op, lambda ins, outs: None, "f")
    with pytest.raises(ExpressionError, match="expected a statement, or body, reset and update"):
        te.decl_tensor_intrin(b.op, lambda ins, outs: None)
    n = te.var("n")
    d = te.compute((n,), lambda i: te.const(1.0), name="d")
    with pytest.raises(ExpressionError, match="constant extents of f"):
        te.decl_tensor_intrin(d.op, lambda ins, outs: None, "f")
