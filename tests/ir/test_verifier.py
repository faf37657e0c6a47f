"""Every invariant: nests that keep it and, for one that breaks it, the message."""

from __future__ import annotations

import pytest

from autosched.errors import VerifyError
from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.dtype import BOOL, FLOAT32, INDEX, dtype
from autosched.ir.stmt import Allocate, For, If, LoopKind, Store, block
from autosched.ir.verifier import verify
from autosched.te.axis import Axis, AxisKind
from tests.ir.nests import buffer, const, function, load, loop, matmul, ramp, store, var

A, B, T = buffer("A", 8), buffer("B", 8), buffer("T", 8, scope="local")
M = buffer("M", 8, 8)
I, J, N = var("i"), var("j"), var("n")  # noqa: E741
LANES = ramp(const(0), 1, 8)
ONE = const(1.0)


def main(body, *sizes):
    """`body` as a function that reads A and M and writes B."""
    return function([A, M, B], [B], body, *sizes)


def in_loop(stmt):
    return main(loop(I, 8, stmt))


ACCEPTED = {
    "vars bound": [
        in_loop(store(B, [I], 1.0)),
        main(loop(I, N, store(B, [I], 1.0)), N),
    ],
    "vars bound once": [
        main(block(loop(I, 8, store(B, [I], 1.0)), loop(I, 8, store(B, [I], 2.0)))),
        main(loop(I, 8, loop(J, I, store(B, [J], 1.0)))),
    ],
    "buffers in scope": [
        main(Allocate(T, store(B, [0], load(T, [0])))),
        main(block(Allocate(T, store(T, [0], 1.0)), Allocate(T, store(T, [0], 1.0)))),
    ],
    "written": [
        in_loop(store(B, [I], load(B, [I]))),
        main(Allocate(T, store(T, [0], load(A, [0])))),
    ],
    "indices": [
        in_loop(store(B, [I], load(M, [I, I]))),
        in_loop(Store(B, (LANES,), load(M, [I, LANES]))),
    ],
    "operands": [
        in_loop(store(B, [I], load(A, [I]) * 2 + I.astype("float32"))),
        in_loop(Store(B, (LANES,), build.select(I < 3, build.broadcast(ONE, 8), 0.0))),
    ],
    "conditions": [
        in_loop(If(I < 3, store(B, [I], 1.0))),
        in_loop(Store(B, (LANES,), load(A, [LANES], LANES < I), LANES < I)),
    ],
    "bounds of loops": [
        main(loop(I, 8 - N, store(B, [I], 1.0), start=N), N),
        main(Allocate(buffer("T", N), store(B, [0], 1.0)), N),
    ],
    "stored values": [
        in_loop(store(B, [I], load(A, [I]))),
        main(Store(B, (LANES,), build.broadcast(ONE, 8))),
    ],
    "parallel": [
        main(loop(I, 8, loop(J, 8, store(B, [J], 1.0), kind="vectorized"), kind="parallel")),
        main(loop(I, 8, loop(J, 8, store(B, [J], 1.0), kind="parallel"))),
    ],
    "params": [main(block(), N), matmul()],
}

F8 = dtype("float32x8")
AXIS = Axis("i", INDEX, const(0), const(8), AxisKind.DATA)
REJECTED = [
    (main(store(B, [I], 1.0)), "variables bound by a loop or a size in main, got i"),
    (main(loop(I, I, store(B, [I], 1.0))), "variables bound by a loop or a size in main, got i"),
    (main(loop(I, 8, loop(I, 8, store(B, [I], 1.0)))), "not bound further out in main, got i"),
    (main(loop(N, 8, store(B, [N], 1.0)), N), "not bound further out in main, got n"),
    (main(loop(var("i", "int32"), 8, store(B, [0], 1.0))), "a loop variable of int64"),
    (main(store(B, [0], load(T, [0]))), "buffers that exist where they are used in main, got T"),
    (main(block(Allocate(T, block()), store(T, [0], 1.0))), "buffers that exist where"),
    (main(Allocate(T, Allocate(T, store(B, [0], 1.0)))), "a buffer allocated once in main, got T"),
    (main(store(A, [0], 1.0)), "a store to an output or an allocated buffer in main, got A"),
    (main(store(B, [0], load(M, [0]))), "2 indices for M in main, got 1"),
    (main(Store(B, (ONE,), ONE)), "integer indices for B in main, got 1.0 of float32"),
    (main(Store(B, (LANES,), load(M, [LANES, LANES]))), "at most one vector index for M in main"),
    (
        in_loop(Store(B, (I,), e.Add(ONE, const(1.0, "float64"), FLOAT32))),
        "operands of one dtype, not float32 and float64, in main",
    ),
    (in_loop(Store(B, (I,), e.Call("exq", (ONE,), FLOAT32))), "a known intrinsic"),
    (in_loop(Store(B, (I,), e.Call("exp", (I,), FLOAT32))), "operands of one dtype that exp takes"),
    (in_loop(Store(B, (LANES,), e.Broadcast(I, F8))), "a vector of scalars, not of int64, in main"),
    (in_loop(Store(B, (I,), e.Load(M, (I, LANES), FLOAT32))), "with the lanes of its indices"),
    (in_loop(Store(B, (LANES,), e.Cast(I, F8))), "a cast that keeps the lanes"),
    (in_loop(If(e.Not(I, BOOL), store(B, [0], 1.0))), "bool operands of as many lanes"),
    (in_loop(If(e.Lt(I, ONE, BOOL), store(B, [0], 1.0))), "a comparison of one dtype to bools"),
    (in_loop(store(B, [0], e.Select(I, ONE, ONE, FLOAT32))), "a bool condition and branches"),
    (in_loop(If(I, store(B, [I], 1.0))), "a scalar bool condition in main, got int64"),
    (in_loop(If(LANES < 3, store(B, [I], 1.0))), "a scalar bool condition in main, got boolx8"),
    (in_loop(Store(B, (I,), ONE, LANES < 3)), "a mask of 1 bools for B in main, got boolx8"),
    (
        main(For(I, ONE, const(8), LoopKind.SERIAL, store(B, [I], 1.0))),
        "bounds and extents of int64 in main, got 1.0 of float32",
    ),
    (in_loop(Store(B, (I,), const(1.0, "float64"))), "a value of float32 for B in main"),
    (in_loop(Store(B, (LANES,), ONE)), "a value of float32x8 for B in main, got float32"),
    (
        main(loop(I, 8, loop(J, 8, store(B, [J], 1.0), kind="parallel"), kind="vectorized")),
        "parallel loops outside vectorized ones in main, got i",
    ),
    (main(loop(AXIS, 8, store(B, [AXIS], 1.0))), "loop nest expressions in main, got i, an Axis"),
    (function([A], [B], block()), "outputs among the parameters in main, got B"),
    (function([B, B], [B], block()), "every parameter once in main, got B twice"),
    (function([buffer("C", N)], [], block()), "extents of sizes and constants of int64 in main"),
]


@pytest.mark.parametrize("invariant", ACCEPTED)
def test_accepts(invariant):
    for good in ACCEPTED[invariant]:
        verify(good)


@pytest.mark.parametrize(("broken", "message"), REJECTED)
def test_rejects(broken, message):
    with pytest.raises(VerifyError) as caught:
        verify(broken)
    assert message in caught.value.message


def test_the_statement_is_marked():
    with pytest.raises(VerifyError) as caught:
        verify(in_loop(store(A, [I], 1.0)))
    assert caught.value.context is not None
    assert caught.value.context.splitlines()[2:] == [" " * 8 + "A[i] = 1.0", " " * 8 + "^" * 10]
