"""Orders of nodes, chains, and recursion that does not use Python's stack."""

from __future__ import annotations

from autosched.ir import build
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Add, And, Expr, Var
from autosched.ir.traverse import Steps, chained, postorder, recurse

i, j, k = (Var(name, INDEX) for name in "ijk")


def test_postorder_has_each_node_once_after_its_operands() -> None:
    e: Expr = i
    for _ in range(3000):
        e = Add(e, e, INDEX)
    order = postorder((e,))
    assert len(order) == 3001
    assert order[0] is i
    assert order[-1] is e


def test_postorder_by_other_operands() -> None:
    inner = i + j
    assert postorder((inner * 3,), lambda node: () if node is inner else (inner,))[0] is inner


def test_chained_flattens_in_order_and_names_each_part_once() -> None:
    a, b, c = i < 3, j < 3, k < 3
    assert chained(build.and_(a, b, c), And) == [a, b, c]
    both = build.and_(a, b)
    twice = And(both, And(c, both, a.dtype), a.dtype)
    assert [part is want for part, want in zip(chained(twice, And), (a, b, c), strict=True)]
    assert len(chained(twice, And)) == 3


def test_recurse_returns_what_deep_calls_return() -> None:
    def total(number: int) -> Steps:
        if number == 0:
            return 0
        return number + (yield (number - 1,))

    assert recurse(total, 20_000) == 200_010_000
