"""The meaning of every kind of node and statement, and of what is out of bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.errors import ArgumentError, VerifyError
from autosched.ir import build
from autosched.ir.dtype import dtype
from autosched.ir.interpreter import Interpreter, interpret
from autosched.ir.stmt import Allocate, If, Store, block
from tests.ir.nests import (
    buffer,
    const,
    evaluate,
    function,
    load,
    loop,
    matmul,
    ramp,
    store,
    var,
)
from tests.properties import examples

I, J, N = var("i"), var("j"), var("n")  # noqa: E741
FLOATS = ["float16", "float32", "float64"]


def run(body, *arrays, params, sizes=(), declared=(), **options):
    """`body` on the arrays, the last parameter being the output."""
    interpret(function(params, params[-1:], body, *declared), arrays, sizes, **options)
    return arrays[-1]


@pytest.mark.parametrize("n", [0, 1, 8, 13])
def test_a_tiled_matmul_with_a_symbolic_size(n):
    random = np.random.default_rng(n)
    a = random.standard_normal((n, 32), np.float32)
    b = random.standard_normal((32, 32), np.float32)
    for sizes in ([n], {"n": n}, ()):
        c = np.zeros((n, 32), np.float32)
        interpret(matmul(), [a, b, c], sizes)
        np.testing.assert_allclose(c, a @ b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", FLOATS)
@examples(40)
@given(data=st.data())
def test_float_steps_round_to_their_own_dtype(kind, data):
    x, y, z = (data.draw(st.floats(-8, 8, width=16)) for _ in range(3))
    expr = (var("x", kind) * var("y", kind) + var("z", kind)) / 3
    scalar = dtype(kind).numpy.type
    expected = (scalar(x) * scalar(y) + scalar(z)) / scalar(3)
    np.testing.assert_equal(evaluate(expr, x=x, y=y, z=z), expected)


def test_bfloat16_travels_as_bits_and_rounds_at_each_step():
    one, third = 0x3F80, 0x3EAB  # 1.0 and the nearest to a third
    x, y = var("x", "bfloat16"), var("y", "bfloat16")
    assert evaluate(x + y, x=one, y=third) == 0x3FAB
    assert evaluate(x / 3, x=one) == third
    assert evaluate(x.astype("float32"), x=third) == np.float32(0.333984375)
    assert evaluate(var("f", "float32").astype("bfloat16"), f=1 / 3) == third
    assert evaluate(build.call("exp", x), x=0) == one


@examples(40)
@given(a=st.integers(-128, 127), b=st.integers(-128, 127))
def test_floor_division_and_modulo_of_int8(a, b):
    x, y = var("x", "int8"), var("y", "int8")
    quotient, remainder = (a // b, a % b) if b else (0, 0)
    assert evaluate(x // y, x=a, y=b) == build.wrap(quotient, dtype("int8"))
    assert evaluate(x % y, x=a, y=b) == remainder


@examples(40)
@given(a=st.floats(-8, 8, width=16), b=st.floats(-8, 8, width=16).filter(bool))
def test_floor_division_and_modulo_of_floats(a, b):
    x, y = var("x", "float32"), var("y", "float32")
    assert evaluate(x // y, x=a, y=b) == np.float32(a) // np.float32(b)
    assert evaluate(x % y, x=a, y=b) == np.float32(a) % np.float32(b)


@pytest.mark.parametrize("make", [build.minimum, build.maximum])
def test_extremes_pass_nan_on(make):
    x, y = var("x", "float32"), var("y", "float32")
    reference = np.minimum if make is build.minimum else np.maximum
    for a in (1.0, -2.0, np.inf, np.nan):
        for b in (1.0, 3.0, -np.inf, np.nan):
            np.testing.assert_equal(evaluate(make(x, y), x=a, y=b), reference(a, b))


@examples(40)
@given(a=st.integers(-(2**63), 2**63 - 1), b=st.integers(-(2**63), 2**63 - 1))
def test_integer_comparisons_and_extremes_see_wrapped_values(a, b):
    x, y = var("x"), var("y")
    total = build.wrap(a + b, dtype("int64"))
    assert evaluate(x + y < x, x=a, y=b) == (total < a)
    assert evaluate(build.minimum(x + y, x), x=a, y=b) == min(total, a)
    assert evaluate((x + y) >> 3, x=a, y=b) == total >> 3
    assert evaluate((x + y).astype("float64"), x=a, y=b) == float(total)
    assert evaluate((x * y).astype("int8"), x=a, y=b) == build.wrap(a * b, dtype("int8"))


@pytest.mark.parametrize("kind", ["int8", "uint16", "int32"])
def test_casts_between_kinds(kind):
    f = var("f", "float32")
    assert evaluate(f.astype(kind), f=3.9) == 3
    assert evaluate(f.astype("int8"), f=-3.9) == -3
    assert evaluate(f.astype("bool"), f=0.5)
    assert evaluate(var("b", "bool").astype(kind), b=True) == 1
    assert evaluate(var("b", "bool").astype("float32"), b=True) == 1.0
    assert evaluate(var("x").astype(kind), x=70_000) == build.wrap(70_000, dtype(kind))


def test_intrinsics_run_and_unary_operators():
    f, i, p = var("f", "float32"), var("i", "int8"), var("p", "bool")
    assert evaluate(build.call("sqrt", f), f=2.0) == np.sqrt(np.float32(2))
    assert evaluate(build.call("erf", f), f=np.inf) == 1
    assert evaluate(build.call("pow", f, 3), f=2.0) == 8
    assert evaluate(build.call("popcount", i), i=-1) == 8
    assert evaluate(build.call("abs", i), i=-128) == -128
    assert evaluate(build.call("abs", f), f=-2.0) == 2
    assert evaluate(build.call("isnan", f), f=np.nan)
    assert not evaluate(~p, p=True)
    assert evaluate((p & (f < 1)) | False, p=True, f=0.0)


def test_a_select_guards_the_load_it_does_not_take():
    a, c = buffer("A", 4), buffer("C", 8)
    data = np.arange(4, dtype=np.float32)
    value = build.select(I < 4, load(a, [I]), -1.0)
    out = run(loop(I, 8, store(c, [I], value)), data, np.zeros(8, np.float32), params=[a, c])
    assert out.tolist() == [0, 1, 2, 3, -1, -1, -1, -1]


def test_vectors_work_lane_by_lane():
    a, c = buffer("A", 6), buffer("C", 8)
    data = np.arange(6, dtype=np.float32)
    lanes = ramp(const(0), 1, 8)
    zero = np.zeros(8, np.float32)
    taken = build.select(lanes < 6, load(a, [lanes]), build.broadcast(const(-1.0), 8))
    out = run(Store(c, (lanes,), taken), data, zero.copy(), params=[a, c])
    assert out.tolist() == [0, 1, 2, 3, 4, 5, -1, -1]
    masked = load(a, [7 - lanes], lanes >= 2)
    out = run(Store(c, (lanes,), masked, lanes < 7), data, zero - 5, params=[a, c])
    assert out.tolist() == [0, 0, 5, 4, 3, 2, 1, -5]
    spread = Store(c, (ramp(const(1), 2, 4),), build.broadcast(load(a, [3]), 4))
    out = run(spread, data, zero.copy(), params=[a, c])
    assert out.tolist() == [0, 3, 0, 3, 0, 3, 0, 3]


def test_a_vector_store_reads_all_lanes_before_it_writes():
    c = buffer("C", 5)
    shift = Store(c, (ramp(const(1), 1, 4),), load(c, [ramp(const(0), 1, 4)]))
    out = run(shift, np.arange(5, dtype=np.float32), params=[c])
    assert out.tolist() == [0, 0, 1, 2, 3]


def test_any_lane_holds_where_one_does():
    c = buffer("C", 8, 1)
    lanes = ramp(I, 1, 4)
    body = If(build.call("any_lane", lanes.equal(5)), store(c, [I, 0], 1.0))
    out = run(loop(I, 8, body), np.zeros((8, 1), np.float32), params=[c])
    assert out.ravel().tolist() == [0, 0, 1, 1, 1, 1, 0, 0]


def test_if_else_start_and_negative_extents():
    c = buffer("C", 8, kind="int32")
    choice = If(
        (I % 2).equal(0), store(c, [I], I.astype("int32")), store(c, [I], const(-1, "int32"))
    )
    nest = block(loop(I, 5, choice, start=2), loop(J, const(-3), store(c, [J], const(9, "int32"))))
    out = run(nest, np.zeros(8, np.int32), params=[c])
    assert out.tolist() == [0, 0, 2, -1, 4, -1, 6, 0]


def test_scalars_bools_and_strided_arrays():
    c, b = buffer("C", kind="int64"), buffer("B", 3, kind="bool")
    body = loop(I, 3, If(load(b, [I]), store(c, [], load(c, []) + I)))
    out = run(body, np.array([True, False, True]), np.array(5), params=[b, c])
    assert out == 7
    wide = np.zeros((3, 4), np.float32)
    d = buffer("D", 3)
    run(loop(I, 3, store(d, [I], 1.0)), wide[:, 1], params=[d])
    assert wide.sum(axis=0).tolist() == [0, 3, 0, 0]


def test_loops_deeper_than_python_nests():
    c, variables = buffer("C", kind="int64"), [var(f"i{n}") for n in range(30)]
    body = store(c, [], load(c, []) + sum(variables))
    for variable in variables:
        body = loop(variable, 1, body, start=1)
    assert run(body, np.array(0), params=[c]) == 30


def test_deep_expressions_run():
    c, x = buffer("C", 2, kind="int64"), I
    for _ in range(3_000):
        x = (x + 1) // 1 * 1 + I - I
    assert run(loop(I, 2, store(c, [I], x)), np.zeros(2, int), params=[c]).tolist() == [3000, 3001]


@pytest.mark.parametrize(
    ("nest", "message"),
    [
        (lambda a, c: loop(I, 5, store(c, [I], 1.0)), r"within C of shape \[4\], got \[4\]"),
        (lambda a, c: store(c, [0], load(a, [N - 2, 3])), r"A of shape \[4, 3\], got \[2, 3\]"),
        (lambda a, c: store(c, [0], load(a, [N - 5, 0])), r"A of shape \[4, 3\], got \[-1, 0\]"),
        (
            lambda a, c: Store(c, (ramp(N - 3, 1, 4),), build.broadcast(const(1.0), 4)),
            r"within C of shape \[4\], got \[4\]",
        ),
        (
            lambda a, c: store(c, [0], build.select(N < 9, load(a, [N, 0]), 0.0)),
            r"A of shape \[4, 3\], got \[4, 0\]",
        ),
    ],
)
def test_an_access_out_of_bounds_names_buffer_indices_and_shape(nest, message):
    a, c = buffer("A", N, 3), buffer("C", 4)
    arrays = [np.zeros((4, 3), np.float32), np.zeros(4, np.float32)]
    with pytest.raises(VerifyError, match=message) as caught:
        run(nest(a, c), *arrays, params=[a, c], declared=[N])
    assert "^^^" in caught.value.context


def test_reading_what_was_never_written_is_an_error_unless_allowed():
    t, c = buffer("t", 4), buffer("C", 4)
    copy = loop(I, 4, store(c, [I], load(t, [I])))
    whole = Allocate(t, block(loop(J, 4, store(t, [J], 2.0)), copy))
    partly = Allocate(t, block(loop(J, 3, store(t, [J], 2.0)), copy))
    array = np.zeros(4, np.float32)
    assert run(whole, array, params=[c]).tolist() == [2, 2, 2, 2]
    with pytest.raises(VerifyError, match=r"expected t\[3\] to be written before it is read"):
        run(partly, array, params=[c])
    assert run(partly, array, params=[c], check_uninitialised=False).tolist() == [2, 2, 2, 0]


def test_an_allocation_is_new_in_every_iteration():
    t, c = buffer("t", 1), buffer("C", 2)
    first = If(I.equal(0), store(t, [0], 1.0))
    nest = loop(I, 2, Allocate(t, block(first, store(c, [I], load(t, [0])))))
    with pytest.raises(VerifyError, match=r"expected t\[0\] to be written"):
        run(nest, np.zeros(2, np.float32), params=[c])


def test_a_shift_beyond_the_width_leaves_zero_or_the_sign():
    for amount in (64, 1000, -1):
        assert evaluate(var("x") << var("y"), x=1, y=amount) == 0
        assert evaluate(var("x") >> var("y"), x=5, y=amount) == 0
        assert evaluate(var("x") >> var("y"), x=-5, y=amount) == -1


@pytest.mark.parametrize(
    ("arrays", "sizes", "message"),
    [
        ([np.zeros(4, np.float32)], [], "expected 2 arrays, got 1"),
        ([np.zeros(4), np.zeros(4, np.float32)], [], "of float32 for A, got 1 of float64"),
        ([np.zeros((4, 1), np.float32)] * 2, [], "expected 1 dimensions"),
        ([np.zeros(4, np.float32), np.zeros(5, np.float32)], [5], r"expected shape \(5,\) for A"),
        ([np.zeros(4, np.float32), np.zeros(4, np.float32)], [-4], "expected a size from 0"),
    ],
)
def test_wrong_arguments_are_refused(arrays, sizes, message):
    a, c = buffer("A", N), buffer("C", N)
    with pytest.raises(ArgumentError, match=message):
        interpret(function([a, c], [c], store(c, [0], 1.0), N), arrays, sizes)


def test_a_size_that_no_shape_tells_must_be_given():
    c = buffer("C", N * 2)
    main = function([c], [c], loop(I, N, store(c, [I * 2], 1.0)), N)
    with pytest.raises(ArgumentError, match="expected a value for the size n"):
        interpret(main, [np.zeros(4, np.float32)])
    out = np.zeros(4, np.float32)
    Interpreter(main)([out], {N: 2})
    assert out.tolist() == [1, 0, 1, 0]


def repeated(step, count, kind="float32"):
    """C[i] is A[i] after `count` times `step`; the function and what it makes of 0 to 7."""
    a, c = buffer("A", 8, kind=kind), buffer("C", 8, kind=kind)
    value = load(a, (I,))
    for number in range(count):
        value = step(value, number, a)
    out = np.zeros(8, dtype(kind).numpy)
    main = function([a, c], [c], loop(I, 8, store(c, [I], value)))
    interpret(main, [np.arange(8).astype(out.dtype), out])
    return Interpreter(main).source, out


def test_what_is_shared_is_computed_once():
    source, out = repeated(lambda x, n, a: x * x * 0.0 + x * 0.5 + x * 0.5, 300)
    assert out.tolist() == list(range(8))
    assert len(source) < 60_000


def test_shared_integers_wrap():
    _, out = repeated(lambda x, n, a: x * x + x, 60, "uint8")
    want = np.arange(8, dtype=np.uint8)
    for _ in range(60):
        want = want * want + want
    assert out.tolist() == want.tolist()


def test_what_branches_share_is_computed_before_them_or_where_it_is_taken():
    def step(x, n, a):
        inside = build.le(n % 8, I)
        near = load(a, (I - n % 8,)) * 0.0
        return build.select(inside, build.select(I < 4, x + near, x * 1.0 + near * near), x)

    source, out = repeated(step, 100)
    assert out.tolist() == list(range(8))
    assert len(source) < 120_000
