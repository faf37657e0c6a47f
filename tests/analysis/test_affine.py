"""Linear forms and their atoms."""

from __future__ import annotations

from autosched.analysis import affine
from autosched.analysis.affine import multiply, to_linear, vars_of
from autosched.analysis.linear import Linear, of_atom
from autosched.ir.build import minimum
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Var

i, j, n, m = (Var(name, INDEX) for name in ("i", "j", "n", "m"))


def test_equal_atoms_are_one():
    form = to_linear((i + j) // 4 - (j + i) // 4 + minimum(i, n) - minimum(i, n) + 2)
    assert form == Linear(2)


def test_products_multiply_out_and_have_one_order():
    assert to_linear(n * (i + 1)) == to_linear(i * n) + of_atom(n)
    assert multiply(to_linear(n + 1), to_linear(m - 2)) == to_linear(m * n + m - n * 2 - 2)


def test_terms_stand_in_the_order_they_came_subtractions_last():
    assert str(to_linear(3 - i + j * 2).to_expr()) == "j*2 - i + 3"
    assert str(to_linear(3 - i).to_expr()) == "3 - i"
    assert str(to_linear(i * -2 - 3).to_expr()) == str(i * -2 + -3)


def test_variables_inside_atoms_are_found():
    assert vars_of(to_linear(i * n + j // 4)) == {i, n, j}


def test_a_full_table_is_emptied_and_old_atoms_keep_their_meaning(monkeypatch):
    before = to_linear((i * 3 + j) // 7)
    monkeypatch.setattr(affine, "MAX_ATOMS", 0)
    to_linear(i // 5)
    assert vars_of(before) == {i, j}
