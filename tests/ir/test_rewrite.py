"""Rebuilding, substitution and replacement."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.dtype import INDEX
from autosched.ir.rewrite import (
    StmtMutator,
    is_empty,
    map_expr,
    rebuild,
    replace_nodes,
    substitute,
)
from autosched.ir.stmt import Allocate, If, Store, block
from autosched.ir.structure import equal
from autosched.ir.traverse import (
    children,
    free_vars,
    iter_stmts,
    own_exprs,
    walk,
)
from tests.ir.nests import buffer, const, evaluate, load, loop, matmul, ramp, store, var


@st.composite
def index_exprs(draw, x: e.Var, y: e.Var, depth: int = 4) -> e.Expr:
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from([x, y, const(draw(st.integers(-9, 9)))]))
    a = draw(index_exprs(x, y, depth - 1))
    b = draw(index_exprs(x, y, depth - 1))
    make = draw(
        st.sampled_from(
            [
                build.add,
                build.sub,
                build.mul,
                build.minimum,
                build.maximum,
                lambda a, b: a // 3 - b % 5,
                lambda a, b: build.select(a < b, a, b + 1),
            ]
        )
    )
    return make(a, b)


X, Y = var("x"), var("y")


@given(expr=index_exprs(X, Y), x=st.integers(-9, 9), y=st.integers(-9, 9))
def test_substituting_constants_is_evaluation(expr, x, y):
    folded = substitute(expr, {X: x, Y: y})
    assert type(folded) is e.Const
    assert folded.value == evaluate(expr, x=x, y=y)


@given(expr=index_exprs(X, Y), x=st.integers(-9, 9), y=st.integers(-9, 9))
def test_substitution_is_simultaneous(expr, x, y):
    swapped = substitute(expr, {X: Y, Y: X})
    assert evaluate(swapped, x=y, y=x) == evaluate(expr, x=x, y=y)
    assert equal(substitute(swapped, {X: Y, Y: X}), expr)


@given(expr=index_exprs(X, Y))
def test_what_does_not_change_is_the_same_node(expr):
    assert substitute(expr, {var("z"): 1}) is expr
    assert map_expr(expr, lambda node: node) is expr
    assert rebuild(expr, children(expr)) is expr
    if X not in free_vars(expr):
        assert substitute(expr, {X: 5}) is expr


@given(expr=index_exprs(X, Y))
def test_free_vars_are_the_vars_that_walk_finds(expr):
    assert set(free_vars(expr)) == {node for node in walk(expr) if isinstance(node, e.Var)}


def test_every_node_type_rebuilds_through_its_constructor():
    p, f, wide = var("p", "bool"), var("f", "float32"), ramp(X, 2, 4)
    data = buffer("A", 16)
    exprs = [
        X + Y, X - Y, X * Y, f / 3.0, X // Y, X % Y, build.minimum(X, Y), build.maximum(X, Y),
        X & Y, X | Y, X ^ Y, X << Y, X >> Y, X.equal(Y), X.not_equal(Y), X < Y, X <= Y,
        build.and_(p, X < Y), build.or_(p, X < Y), ~p, build.select(p, X, Y),
        X.astype("float32"), build.call("exp", f), load(data, (X,)), load(data, (wide,), wide < Y),
        wide, build.broadcast(X, 4),
    ]  # fmt: skip
    fresh = {v: e.Var(v.name, v.dtype) for v in (X, Y, p, f)}
    back = {new: old for old, new in fresh.items()}
    for expr in exprs:
        moved = substitute(expr, fresh)
        assert not set(free_vars(moved)) & set(fresh)
        assert type(moved) is type(expr)
        assert equal(substitute(moved, back), expr)


def test_a_load_takes_the_lanes_of_its_new_index():
    moved = substitute(load(buffer("A", 16), (X + 1,)), {X: ramp(Y, 1, 8)})
    assert moved.dtype.lanes == 8


def test_a_shared_node_is_mapped_once():
    shared = X * Y
    expr = shared
    for _ in range(60):
        expr = expr + expr  # 2**60 nodes as a tree
    met = []
    map_expr(expr, lambda node: met.append(node) or node)
    assert len(met) == 63
    assert len(list(walk(expr))) == 63
    assert list(free_vars(substitute(expr, {X: Y}))) == [Y]


def test_deep_chains_do_not_overflow_the_stack():
    expr = X
    for _ in range(20_000):
        expr = expr * Y + 1
    assert list(free_vars(expr)) == [X, Y]
    assert list(free_vars(substitute(expr, {Y: X}))) == [X]


def test_substitution_reaches_shapes_and_the_loads_of_their_buffers():
    n, i = var("n"), var("i")
    tile, out = buffer("t", n), buffer("O", 8)
    nest = Allocate(
        tile, loop(i, n, block(store(tile, [i], 1.0), store(out, [i], load(tile, [i]))))
    )
    moved = substitute(nest, {n: 4})
    assert not free_vars(moved)
    assert moved.buffer.shape[0].value == 4
    buffers = {node.buffer for node in walk(moved) if isinstance(node, e.Load)}
    assert buffers == {moved.buffer}
    assert {s.buffer for s in iter_stmts(moved) if isinstance(s, Store)} == {moved.buffer, out}


def test_substitution_leaves_a_variable_the_loop_binds():
    i, a = var("i"), buffer("A", 8)
    nest = loop(i, i + 1, store(a, [i], 1.0))
    moved = substitute(nest, {i: 3})
    assert moved.extent.value == 4
    assert moved.body is nest.body


def test_statements_fold_where_conditions_and_extents_become_constant():
    n, m, i, a = var("n"), var("m"), var("i"), buffer("A", 8)
    one, two = store(a, [0], 1.0), store(a, [0], 2.0)
    assert substitute(If(n < 4, one, two), {n: 1}) is one
    assert substitute(If(n < 4, one, two), {n: 9}) is two
    assert is_empty(substitute(If(n < 4, one), {n: 9}))
    assert is_empty(substitute(loop(i, n, one), {n: 0}))
    kept = substitute(If(n < 4, loop(i, m, one), two), {m: 0})
    assert kept.then is two
    assert str(kept.condition) == "not n < 4"


def test_an_unknown_node_is_refused_and_a_subclass_is_its_base():
    class Size(e.Var):
        __slots__ = ()

    class Unknown(e.Expr):
        __slots__ = ()

    size = Size("n", INDEX)
    assert list(free_vars(size + 1)) == [size]
    assert substitute(size + 1, {size: 2}).value == 3
    with pytest.raises(TypeError, match="expected a registered node, got a Unknown"):
        children(Unknown())


def test_mutators_keep_identity_and_see_every_expression():
    class Recorder(StmtMutator):
        def expr(self, expr):
            seen.append(expr)
            return expr

    nest, seen = matmul().body, []
    assert StmtMutator().stmt(nest) is nest
    assert Recorder().stmt(nest) is nest
    standing = [own_exprs(stmt) for stmt in iter_stmts(nest) if type(stmt) is not Allocate]
    assert set(map(id, seen)) == {id(expr) for exprs in standing for expr in exprs}


def test_nodes_are_replaced_wherever_they_stand_and_equal_ones_are_not():
    a, i = buffer("A", 8), var("i")
    shared, twin = i * 2, i * 2
    nest = loop(i, 4, store(a, [shared], load(a, [shared + 1]) + load(a, [twin])))
    moved = replace_nodes(nest, {shared: i + 3})
    assert str(moved.body) == "A[i + 3] = A[i + 4] + A[i*2]"
    assert replace_nodes(nest, {var("j"): i}) is nest
