"""Linear forms: one term for each atom, however often and however deep it stands."""

from __future__ import annotations

from autosched.codegen.llvm.state.forms import linear
from autosched.ir import build as b
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Add, Expr, Sub
from tests.codegen.llvm.harness import const, var

i, j = var("i"), var("j")


def test_terms_are_added_up_in_order_of_appearance() -> None:
    form = linear((j * 3 + i) - (j + 5) * 2)
    assert list(form.atoms.items()) == [(j, 1), (i, 1)]
    assert form.constant == -10


def test_ramps_add_their_strides() -> None:
    form = linear(b.ramp(i * 4, 1, 8) + b.ramp(const(2), 3, 8))
    assert (form.lane_stride, form.constant, form.lanes) == (4, 2, 8)
    assert form.atoms == {i: 4}


def test_a_sum_that_is_shared_again_and_again_is_visited_once() -> None:
    total: Expr = i
    for _ in range(60):
        total = Add(total, total, INDEX)
    assert linear(total).atoms == {i: 1 << 60}


def test_deep_sums() -> None:
    total: Expr = i
    for _ in range(5000):
        total = Sub(Add(total, j, INDEX), const(1), INDEX)
    form = linear(total)
    assert form.atoms == {i: 1, j: 5000}
    assert form.constant == -5000
