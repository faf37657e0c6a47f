"""Functions as keys: equal for the same code with other nodes, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from autosched.ir.expr import Load
from autosched.ir.keyed import Keyed
from autosched.ir.pragma import AutoUnroll, Partitioned
from autosched.ir.stmt import For, Function, Stmt, Store, block
from tests.ir.nests import buffer, const, function, load, loop, matmul, store, var


def test_the_same_function_made_twice_is_one_key() -> None:
    one, two = Keyed(matmul()), Keyed(matmul())
    assert one == two
    assert hash(one) == hash(two)
    assert {one: "known"}[two] == "known"
    assert one != matmul()


def copies(
    factor: float = 1.0,
    *,
    extent: int = 4,
    turned: bool = False,
    other: bool = False,
    kind: str = "for",
    shape: int = 8,
    scope: str = "global",
) -> Function:
    """Copy a corner of one of two buffers; both variables have one name."""
    a, b, c = buffer("A", 8, shape), buffer("A", 8, shape), buffer("C", 8, 8, scope=scope)
    i, j = var("i"), var("i")
    at = (j, i) if turned else (i, j)
    inner = loop(j, extent, store(c, (i, j), load(b if other else a, at) * factor), kind=kind)
    return function([a, b, c], [c], loop(i, 4, inner))


@pytest.mark.parametrize(
    "change",
    [
        {"factor": 2.0}, {"extent": 5}, {"turned": True}, {"other": True}, {"kind": "unrolled"},
        {"shape": 9}, {"scope": "local"},
    ],
)  # fmt: skip
def test_another_content_is_another_key(change: dict[str, object]) -> None:
    assert Keyed(copies()) == Keyed(copies())
    assert Keyed(copies(**change)) == Keyed(copies(**change))  # type: ignore[arg-type]
    assert Keyed(copies()) != Keyed(copies(**change))  # type: ignore[arg-type]


def test_zeros_of_either_sign_differ() -> None:
    assert Keyed(copies(0.0)) != Keyed(copies(-0.0))


def with_body(change: Callable[[Stmt], Stmt]) -> Function:
    made = copies()
    return made.with_body(change(made.body))


def test_pragmas_names_and_order_count() -> None:
    def noted(stmt: Stmt) -> Stmt:
        assert isinstance(stmt, For)
        return replace(stmt, pragmas=(Partitioned(),))

    def unrolled(stmt: Stmt) -> Stmt:
        assert isinstance(stmt, For)
        return replace(stmt, pragmas=(AutoUnroll(4),))

    functions = [
        copies(),
        with_body(noted),
        with_body(unrolled),
        with_body(lambda stmt: block(stmt, stmt)),
        replace(copies(), name="other"),
        replace(copies(), outputs=()),
    ]
    assert len({Keyed(each) for each in functions}) == len(functions)


def test_a_variable_bound_twice_is_not_two_variables() -> None:
    c, i = buffer("C", 4), var("i")
    one = loop(i, 4, store(c, (i,), 1.0))
    again = loop(i, 4, store(c, (i,), 2.0))
    j = var("i")
    other = loop(j, 4, store(c, (j,), 2.0))
    assert Keyed(function([c], [c], block(one, again))) != Keyed(
        function([c], [c], block(one, other))
    )


def test_a_mask_is_no_index() -> None:
    a, c, i = buffer("A", 4), buffer("C", 4), var("i")
    plain = store(c, (i,), load(a, (i,)))
    masked = Store(c, (i,), Load(a, (i,), a.dtype, i < const(2)))
    stores = [plain, masked, Store(c, (i,), load(a, (i,)), i < const(2))]
    keys = {Keyed(function([a, c], [c], loop(i, 4, each))) for each in stores}
    assert len(keys) == 3


def test_buffers_outside_are_in_the_order_of_their_appearance() -> None:
    nest = matmul()
    assert [each.name for each in Keyed(replace(nest, params=(), outputs=())).outside] == [
        "A",
        "B",
        "C",
    ]
