"""Where shared values are computed: the scope around all uses, if they are needed there."""

from __future__ import annotations

from autosched.ir import build
from autosched.ir.dtype import FLOAT32, INDEX
from autosched.ir.expr import Buffer, Expr, Load, Select, Var
from autosched.ir.sharing import Sharing
from autosched.ir.traverse import walk

i = Var("i", INDEX)
A = Buffer("A", (build.const(8),), FLOAT32)


def element(index: Expr) -> Load:
    return Load(A, (index,), FLOAT32)


def choose(condition: Expr, then: Expr, otherwise: Expr) -> Select:
    return Select(condition, then, otherwise, FLOAT32)


def harmless(expr: Expr) -> bool:
    return not any(type(node) is Load for node in walk(expr))


def sharing(*roots: Expr) -> Sharing:
    return Sharing(roots, lambda choice: True, harmless)


def test_only_operations_used_twice_are_shared() -> None:
    x = element(i)
    y = x * x + x
    found = sharing(y)
    assert found.shared == {x}
    assert sharing(element(i) + 1.0).shared == set()


def test_height_counts_nested_operations_once_however_often_they_are_used() -> None:
    e: Expr = element(i)
    for _ in range(3000):
        e = e * e + e
    assert sharing(e).height == 6002  # the load and its index below


def test_what_both_branches_use_comes_before_the_choice() -> None:
    x = element(i)
    choice = choose(i < 3, x * 2.0, x + 1.0)
    assert list(sharing(choice).scope.before(choice)) == [x]


def test_what_one_branch_uses_twice_stays_in_it() -> None:
    x = element(i)
    choice = choose(i < 3, x * x, build.const(0.0))
    assert list(sharing(choice).scope.before(choice)) == []


def test_what_is_used_beside_the_choice_too_comes_before_it() -> None:
    x = element(i)
    choice = choose(i < 3, x * 2.0, build.const(0.0))
    assert list(sharing(choice + x).scope.before(choice)) == [x]


def test_a_load_that_not_every_way_needs_is_not_moved() -> None:
    x = element(i)
    inner = choose(i < 5, x, build.const(1.0))
    choice = choose(i < 3, x, inner)
    assert list(sharing(choice).scope.before(choice)) == []


def test_arithmetic_alone_moves_to_the_scope_around_all_its_uses() -> None:
    x = i.astype("float32") * 0.5
    inner = choose(i < 5, x, element(i))
    choice = choose(i < 3, x, inner)
    assert list(sharing(choice).scope.before(choice)) == [x]


def test_a_value_moves_out_of_nested_choices_in_one_go() -> None:
    x = element(i)
    inner = choose(i < 5, x, x * 3.0)
    choice = choose(i < 3, x, inner)
    found = sharing(choice)
    assert list(found.scope.before(choice)) == [x]
    assert list(found.scope.branch(choice, False).before(inner)) == []
