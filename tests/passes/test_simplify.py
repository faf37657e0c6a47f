"""Statements simplified under their loops and conditions."""

from __future__ import annotations

from autosched.analysis.bounds import Bounds
from autosched.ir.build import broadcast, cast, const, le, load, lt, maximum, minimum, ramp
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Expr
from autosched.ir.stmt import Allocate, Function, If, Stmt, Store, block
from autosched.passes.simplify import simplify, simplify_stmt
from tests.ir.nests import buffer, loop, store, var
from tests.passes.nests import V4

A, C = buffer("A", 128), buffer("C", 128)
i, j, n = var("i"), var("j"), var("n")


def copy(index: Expr) -> Stmt:
    return store(C, [index], load(A, (index,)))


def text(stmt: Stmt) -> list[str]:
    lines = str(simplify_stmt(stmt, Bounds({n: (0, None)}))).splitlines()
    return [line.replace("    ", "  ") for line in lines]


def test_indices_are_simplified_under_the_ranges_of_the_loops():
    stmt = loop(i, 16, loop(j, 8, copy((i * 8 + j) // 8 + (i * 8 + j) % 8)))
    assert text(stmt) == [
        "for i in 0..16:",
        "  for j in 0..8:",
        "    C[i + j] = A[i + j]",
    ]


def test_a_condition_that_holds_goes():
    assert text(loop(i, 16, If(i < 16, copy(i)))) == ["for i in 0..16:", "  C[i] = A[i]"]


def test_a_condition_that_fails_takes_its_branch_along():
    stmt = loop(i, 16, If(i < 0, copy(i), copy(i + 1)))
    assert text(stmt) == ["for i in 0..16:", "  C[i + 1] = A[i + 1]"]


def test_a_condition_speaks_for_what_is_inside():
    inner = If(i * 8 + j < 128, copy(minimum(i * 8 + j, 126)))
    stmt = loop(i, 16, loop(j, 8, If(j < 127 - i * 8, inner)))
    assert text(stmt) == [
        "for i in 0..16:",
        "  for j in 0..8:",
        "    if i*8 + j < 127:",
        "      C[i*8 + j] = A[i*8 + j]",
    ]


def test_the_other_branch_knows_the_opposite():
    stmt = loop(i, 16, If(i < 8, copy(i), copy(maximum(i, 8))))
    assert text(stmt)[-1] == "    C[i] = A[i]"


def test_a_loop_that_never_runs_goes():
    assert text(block(loop(i, 0, copy(i)), copy(const(3)))) == ["C[3] = A[3]"]
    assert text(block(loop(i, minimum(n, 0), copy(i)), copy(const(3)))) == ["C[3] = A[3]"]


def test_a_loop_that_runs_once_gives_its_place_to_its_body():
    stmt = loop(i, 1, loop(j, 8, copy(i * 8 + j)), start=2)
    assert text(stmt) == ["for j in 0..8:", "  C[j + 16] = A[j + 16]"]


def test_a_symbolic_extent_is_at_least_one_inside_its_loop():
    stmt = loop(i, n, copy(minimum(i, n - 1) + maximum(1 - n, 0)))
    assert text(stmt) == ["for i in 0..n:", "  C[i] = A[i]"]


def test_a_tail_loop_needs_no_guard():
    body = If(i * 8 + j < 127, copy(i * 8 + j))
    stmt = loop(i, 16, loop(j, minimum(8, 127 - i * 8), body))
    assert text(stmt)[-1] == "    C[i*8 + j] = A[i*8 + j]"


def test_an_allocation_without_a_use_goes_with_its_empty_body():
    local = buffer("local", 8, scope="local")
    assert text(block(Allocate(local, loop(i, 0, store(local, [i], 0.0))), copy(const(3)))) == [
        "C[3] = A[3]"
    ]


def test_a_mask_that_holds_in_every_lane_goes():
    lanes = ramp(i * 8, 1, 8)
    value = broadcast(const(0.0), 8)
    stmt = loop(i, 16, Store(C, (lanes,), value, lt(lanes, broadcast(const(128), 8))))
    simple = simplify_stmt(stmt)
    assert simple.body.mask is None
    kept = loop(i, 16, Store(C, (lanes,), value, lt(lanes, broadcast(const(127), 8))))
    assert simplify_stmt(kept) is kept


def test_a_condition_on_memory_is_tested_again_after_a_store():
    index = buffer("index", 1, kind="int64")
    condition = load(index, (const(0),)) < 3
    stmt = If(condition, block(store(index, [0], const(5)), If(condition, copy(const(0)))))
    assert simplify_stmt(stmt) is stmt


def test_a_simple_nest_is_the_same_node():
    stmt = loop(i, 16, loop(j, 8, If(i * 8 + j < 127, copy(i * 8 + j))))
    assert simplify_stmt(stmt) is stmt


def test_nothing_is_known_of_a_value_after_it_is_written():
    T = buffer("T", 1, kind="int32")

    def small() -> Expr:
        return cast(load(T, (const(0),)), INDEX) < 3

    change = store(T, [const(0)], const(7, T.dtype))
    inside = If(small(), copy(const(0)))
    assert text(If(small(), block(change, inside)))[2] == "  if int64(T[0]) < 3:"
    assert text(If(small(), inside))[1] == "  C[0] = A[0]"
    i = var("i")
    reader = If(i < cast(load(T, (const(0),)), INDEX), copy(i))
    steps = loop(i, cast(load(T, (const(0),)), INDEX), block(change, reader))
    assert "  if i < int64(T[0]):" in text(steps)


def test_a_function_keeps_its_facts_to_itself():
    guarded = If(le(const(0), n), copy(i), copy(i + 1))
    body = loop(i, 16, guarded)
    sized = simplify(Function("sized", (A, C), (C,), (n,), body), V4)
    free = simplify(Function("free", (A, C), (C,), (), body), V4)
    assert "if " not in str(sized)
    assert "if " in str(free)
    assert simplify(sized, V4) is sized
