"""Orders of nodes, chains, and recursion that does not use Python's stack."""

from __future__ import annotations

from autosched.ir import build
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Add, And, Expr, Mul, Var
from autosched.ir.stmt import Allocate, Block, For, If, Store, block
from autosched.ir.traverse import (
    Contains,
    Steps,
    chained,
    free_vars,
    iter_stmts,
    postorder,
    recurse,
)
from tests.ir.nests import buffer, loop, matmul, store, var

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


def test_statements_iterate_in_program_order():
    kinds = [type(stmt) for stmt in iter_stmts(matmul().body)]
    assert kinds == [For, For, Allocate, Block, For, Store, For, For, If, Store, For, If, Store]
    assert [v.name for v in free_vars(matmul().body)] == ["n"]


def test_free_vars_respect_the_scope_of_loops():
    i, a = var("i"), buffer("A", 8)
    inside, after = store(a, [i], 1.0), store(a, [i], 2.0)
    assert not free_vars(loop(i, 8, inside))
    assert list(free_vars(block(loop(i, 8, inside), after))) == [i]
    assert list(free_vars(loop(i, i + 1, inside))) == [i]


def test_contains_tests_each_node_once() -> None:
    tested: list[Expr] = []
    has_j = Contains(lambda node: tested.append(node) or node is j)  # type: ignore[func-returns-value]
    inner = i + 1
    assert not has_j(inner * inner)
    assert has_j(inner * j)
    assert has_j(inner * j + k)
    assert len([node for node in tested if node is inner]) == 1


def test_postorder_leaves_out_what_is_done() -> None:
    inner = i + j
    order = postorder((inner * k,), done={inner})
    assert [type(node) for node in order] == [Var, Mul]
    assert order[0] is k
