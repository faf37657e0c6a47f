"""Equality and hash by content."""

from __future__ import annotations

from autosched.ir import build
from autosched.ir.stmt import PREFETCH, Allocate, For, Prefetched, block
from autosched.ir.structure import ExprKeys, equal, structural_hash
from tests.ir.nests import buffer, const, load, loop, matmul, store, var


def same(a: object, b: object) -> bool:
    """Whether they are equal, having checked the hash and both directions."""
    assert equal(a, b) == equal(b, a)
    if equal(a, b):
        assert structural_hash(a) == structural_hash(b)
    else:
        assert structural_hash(a) != structural_hash(b)
    return equal(a, b)


def test_expressions_by_content():
    x, y = var("x"), var("y")
    assert same(x + 1, x + 1)
    assert same((x * y) % 3, (x * y) % 3)
    assert not same(x + y, y + x)
    assert not same(x + y, x - y)
    assert not same(x, var("x"))
    assert not same(x + 1, x.astype("int32") + 1)


def test_constants_by_dtype_and_bits():
    assert same(const(float("nan")), const(float("nan")))
    assert not same(const(0.0), const(-0.0))
    assert not same(const(1), const(1, "int32"))
    assert not same(const(1), const(True))


def test_attributes_count():
    f, p = var("f", "float32"), var("p", "bool")
    a, b = buffer("A", 8), buffer("A", 8)
    assert not same(build.call("exp", f), build.call("log", f))
    assert not same(load(a, [0]), load(b, [0]))
    assert not same(load(a, [0]), load(a, [0], p))
    assert not same(build.ramp(var("x"), 1, 4), build.ramp(var("x"), 2, 4))


def test_bound_names_do_not_count():
    a = buffer("A", 8)
    i, j = var("i"), var("j")
    one, two = loop(i, 8, store(a, [i], 1.0)), loop(j, 8, store(a, [j], 1.0))
    assert same(one, two)
    assert same(block(one, one), block(one, two))
    assert same(matmul(), matmul())
    s, t = buffer("s", 4, scope="local"), buffer("t", 4, scope="local")
    first = Allocate(s, store(a, [0], load(s, [0])))
    assert same(first, Allocate(t, store(a, [0], load(t, [0]))))
    assert not same(first, Allocate(t, store(a, [0], load(s, [0]))))


def test_binding_is_not_confused_by_order_or_scope():
    a, i, j = buffer("A", 8, 8), var("i"), var("j")
    nest = loop(i, 8, loop(j, 8, store(a, [i, j], 1.0)))
    assert not same(nest, loop(i, 8, loop(j, 8, store(a, [j, i], 1.0))))
    inside = loop(i, 8, block(store(a, [i, i], 1.0), store(a, [0, 0], 1.0)))
    assert not same(inside, block(loop(i, 8, store(a, [i, i], 1.0)), store(a, [0, 0], 1.0)))
    use = store(a, [i, 0], 1.0)  # the second use is free, and of i itself
    assert same(block(loop(i, 8, use), use), block(loop(j, 8, store(a, [j, 0], 1.0)), use))
    assert not same(block(loop(i, 8, use), use), block(loop(i, 8, use), store(a, [j, 0], 1.0)))


def test_loop_kinds_and_extents_count():
    a, i = buffer("A", 8), var("i")
    body = store(a, [i], 1.0)
    assert not same(loop(i, 8, body), loop(i, 8, body, kind="parallel"))
    assert not same(loop(i, 8, body), loop(i, 7, body))


def test_shared_and_deep_expressions_are_cheap():
    x = var("x")
    shared, again, deep, other = x, x, x, x
    for _ in range(100):
        shared, again = shared + shared, again + again
    for _ in range(10_000):
        deep, other = deep * x + 1, other * x + 1
    assert same(shared, again)
    assert same(deep, other)
    assert not same(deep, other + 1)


def test_keys_are_shared_by_equal_expressions_alone():
    keys = ExprKeys()
    x, y, twin = var("x"), var("y"), var("x")
    assert keys.of(x * y + 1) == keys.of(x * y + 1)
    assert keys.of(x) != keys.of(twin)
    assert keys.of(x < 2) != keys.of(twin < 2)
    assert keys.of(load(buffer("A", 4), (x,))) != keys.of(load(buffer("A", 4), (x,)))


def test_keys_of_deep_and_shared_expressions():
    keys = ExprKeys()
    x = var("x")
    deep, again = x, x
    for _ in range(3000):
        deep, again = deep * deep + x, again * again + x
    assert keys.of(deep) == keys.of(again)


def test_prefetching_loops_are_equal_where_they_prefetch_the_same():
    def nest(steps: int) -> object:
        i, a = var("i"), buffer("A", 8)
        body = loop(i, 8, store(a, [i], load(a, (i,))))
        ahead = (Prefetched(a, steps),)
        body = For(i, body.start, body.extent, body.kind, body.body, ((PREFETCH, ahead),))
        return Allocate(a, body)

    assert same(nest(3), nest(3))
    assert not same(nest(3), nest(4))
