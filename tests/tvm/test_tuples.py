"""Computations of several values at once."""

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.tvm import te
from tests.tvm.running import check, values


def pair_stage(shape: tuple[int, ...]):
    A0 = te.placeholder(shape, name="A0")
    A1 = te.placeholder(shape, name="A1")
    B0, B1 = te.compute(shape, lambda *i: (A0(*i) + 2.0, A1(*i) * 3.0), name="B")
    return A0, A1, B0, B1


def test_two_outputs_of_one_computation() -> None:
    A0, A1, B0, B1 = pair_stage((9, 14))
    s = te.create_schedule(B0.op)
    _outer, inner = s[B0].split(B0.op.axis[1], 4)
    s[B0].vectorize(inner)
    a, b = values((9, 14)), values((9, 14))
    check(s, [A0, A1, B0, B1], [a, b], [a + 2, b * 3])


def test_a_consumer_of_both_outputs() -> None:
    A0, A1, B0, B1 = pair_stage((9, 14))
    C = te.compute((9, 14), lambda i, j: B0[i, j] - B1[i, j], name="C")
    a, b = values((9, 14)), values((9, 14))
    for attached in (False, True):
        s = te.create_schedule(C.op)
        if attached:
            s[B0].compute_at(s[C], C.op.axis[0])
        check(s, [A0, A1, C], [a, b], (a + 2) - b * 3)


def argmax_reducer():
    def combine(x, y):
        first = tvm.tir.Select(x[1] >= y[1], x[0], y[0])
        return first, tvm.tir.Select(x[1] >= y[1], x[1], y[1])

    def identity(index, value):
        return tvm.tir.const(-1, index), tvm.te.min_value(value)

    return te.comm_reducer(combine, identity, name="argmax")


def argmax_stage(m: int, n: int):
    index = te.placeholder((m, n), "int32", name="index")
    value = te.placeholder((m, n), "float32", name="value")
    k = te.reduce_axis((0, n), "k")
    argmax = argmax_reducer()
    T0, T1 = te.compute((m,), lambda i: argmax((index[i, k], value[i, k]), axis=k), name="T")
    return index, value, T0, T1


def test_argmax_with_indices() -> None:
    index, value, T0, T1 = argmax_stage(15, 40)
    s = te.create_schedule(T0.op)
    s[T0].split(T0.op.reduce_axis[0], 8)
    places = np.tile(np.arange(40, dtype="int32"), (15, 1))
    a = values((15, 40))
    check(s, [index, value, T0, T1], [places, a], [a.argmax(1).astype("int32"), a.max(1)])


def test_argmax_with_the_axis_itself() -> None:
    value = te.placeholder((15, 40), "float32", name="value")
    k = te.reduce_axis((0, 40), "k")
    argmax = argmax_reducer()
    T0, T1 = te.compute((15,), lambda i: argmax((k.astype("int32"), value[i, k]), axis=k), name="T")
    a = values((15, 40))
    s = te.create_schedule(T0.op)
    check(s, [value, T0, T1], [a], [a.argmax(1).astype("int32"), a.max(1)])


@pytest.mark.parametrize("factor", [4, 7])
def test_factored_argmax(factor: int) -> None:
    index, value, T0, T1 = argmax_stage(6, 40)
    s = te.create_schedule(T0.op)
    _, ki = s[T0].split(T0.op.reduce_axis[0], factor)
    partial = s.rfactor(T0, ki)
    assert len(partial) == 2
    places = np.tile(np.arange(40, dtype="int32"), (6, 1))
    a = values((6, 40))
    right = [a.argmax(1).astype("int32"), a.max(1)]
    check(s, [index, value, T0, T1], [places, a], right)


def test_a_tuple_written_through_a_cache() -> None:
    A0, A1, B0, B1 = pair_stage((9, 14))
    s = te.create_schedule(B0.op)
    cached = s.cache_write([B0, B1], "local")
    s[cached[0]].compute_at(s[B0], B0.op.axis[0])
    a, b = values((9, 14)), values((9, 14))
    check(s, [A0, A1, B0, B1], [a, b], [a + 2, b * 3])
