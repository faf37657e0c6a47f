"""Operations computed by functions outside of the kernel."""

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.errors import ArgumentError, ExpressionError, LoweringError, NotOfferedError
from autosched.ir.build import const
from autosched.ir.stmt import CallExternal
from autosched.runtime import registry


def scale(array, out, factor):
    out[...] = array * factor


registry.register("tests.scale", scale)


def pipeline(n=8):
    """B adds 1, C calls the function, D doubles."""
    A = te.placeholder((n,), name="A")
    B = te.compute((n,), lambda i: A[i] + 1.0, name="B")
    C = te.extern(
        (n,),
        [B],
        lambda ins, outs: CallExternal("tests.scale", (ins[0], outs[0], const(3))),
        name="C",
    )
    return A, B, C, te.compute((n,), lambda i: C[i] * 2.0, name="D")


def test_a_function_between_two_nests() -> None:
    A, _, C, D = pipeline()
    s = te.create_schedule(D)
    s[D].vectorize(s[D].split(D.op.axis[0], 4)[1])
    a = np.arange(8, dtype="float32")
    np.testing.assert_array_equal(autosched.build(s, [A, D])(a), (a + 1) * 6)
    c, _ = autosched.build(s, [A, C, D])(a)
    np.testing.assert_array_equal(c, (a + 1) * 3)
    assert "call tests.scale(B, C, 3)" in str(autosched.lower(s, [A, D]))


def test_sizes_are_read_from_arrays() -> None:
    A, *_, D = pipeline(te.var("n"))
    kernel = autosched.build(te.create_schedule(D), [A, D])
    for n in (1, 5):
        a = np.arange(n, dtype="float32")
        np.testing.assert_array_equal(kernel(a), (a + 1) * 6)


def test_a_c_function() -> None:
    A = te.placeholder((8,), name="A")
    B = te.extern(
        (8,), [A], lambda ins, outs: CallExternal("memcpy", (outs[0], ins[0], const(16)), "c")
    )
    a, b = np.arange(8, dtype="float32"), np.zeros(8, "float32")
    autosched.build(te.create_schedule(B), [A, B])(a, b)
    assert b.tolist() == [0, 1, 2, 3, 0, 0, 0, 0]


def test_inputs_are_stored_whole() -> None:
    A, B, _, D = pipeline()
    s = te.create_schedule(D)
    s[B].compute_inline()
    with pytest.raises(LoweringError, match="expected B, which C reads, to be stored whole"):
        autosched.build(s, [A, D])


def test_several_outputs_and_misuse() -> None:
    A = te.placeholder((8,), name="A")
    call = CallExternal("tests.missing", ())
    first, second = te.extern([(8,), (4,)], [A], lambda ins, outs: call, dtype=["int32", "int8"])
    assert (first.dtype, second.dtype, second.value_index) == ("int32", "int8", 1)
    with pytest.raises(ExpressionError, match="expected a statement"):
        te.extern((8,), [A], lambda ins, outs: None)
    with pytest.raises(ExpressionError, match="expected the dtype"):
        te.extern((8,), [], lambda ins, outs: call)
    kernel = autosched.build(te.create_schedule(first), [A, first, second])
    with pytest.raises(ArgumentError, match=r"a registered function, got tests\.missing"):
        kernel(np.zeros(8, "float32"))


def test_checks_of_indices_are_refused_beside_calls() -> None:
    A, *_, D = pipeline()
    index = te.placeholder((8,), "int32", name="index")
    E = te.compute((8,), lambda i: D[index[i]], name="E")
    s = te.create_schedule(E)
    with pytest.raises(NotOfferedError, match="checks of indices"):
        autosched.build(s, [A, index, E])
    kernel = autosched.build(s, [A, index, E], bounds="clamp")
    a = np.arange(8, dtype="float32")
    np.testing.assert_array_equal(kernel(a, np.full(8, 9, "int32")), np.full(8, (a[7] + 1) * 6))
