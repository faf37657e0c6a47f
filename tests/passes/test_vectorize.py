"""Loops as vectors: contiguous, broadcast, strided, masked, and what has no vector form."""

from __future__ import annotations

import numpy as np
import pytest

from autosched import te
from autosched.ir.build import load
from autosched.ir.interpreter import interpret
from autosched.ir.stmt import Allocate, Function, If, Store, block
from autosched.ir.traverse import iter_stmts
from autosched.ir.verifier import verify
from autosched.passes.vectorize import vectorize
from tests.ir.nests import buffer, loop, store, var
from tests.lowering.nests import agrees
from tests.passes.nests import V4, after, golden
from tests.schedule.nests import copy, matmul, rowsum


def test_full_registers_and_the_rest() -> None:
    B = copy(10)
    s = te.create_schedule(B)
    s[B].vectorize(B.op.axis[0])
    golden(
        s,
        "simplify_vectors",
        """
        B[0 : +4] = A[0 : +4] * broadcast(2.0, 4)
        B[4 : +4] = A[4 : +4] * broadcast(2.0, 4)
        B[8 : +2] = A[8 : +2] * broadcast(2.0, 2)
        """,
    )
    agrees(s)


def test_what_the_lanes_share_is_broadcast() -> None:
    C = matmul(2, 4, 3)
    s = te.create_schedule(C)
    i, j = C.op.axis
    s[C].reorder(i, C.op.reduce_axis[0], j)
    s[C].vectorize(j)
    golden(
        s,
        "simplify_vectors",
        """
        for i in 0..2:
            C[i, 0 : +4] = broadcast(0.0, 4)
            alloc C_tile: float32[4] local
            C_tile[0 : +4] = C[i, 0 : +4]
            for k in 0..3:
                C_tile[0 : +4] = C_tile[0 : +4] + broadcast(A[i, k], 4) * B[k, 0 : +4]
            C[i, 0 : +4] = C_tile[0 : +4]
        """,
    )
    agrees(s)


def test_rows_in_lanes_are_read_with_a_stride() -> None:
    B = rowsum(4, 3)
    s = te.create_schedule(B)
    s[B].vectorize(B.op.axis[0])
    golden(
        s,
        "simplify_vectors",
        """
        B[0 : +4] = broadcast(0.0, 4)
        for k in 0..3:
            B[0 : +4] = B[0 : +4] + A[0 : +4, k]
        """,
    )
    agrees(s)


def test_a_guarded_tail_is_masked() -> None:
    n = te.var("n")
    B = copy(n)
    s = te.create_schedule(B)
    _, inner = s[B].split(B.op.axis[0], 4)
    s[B].vectorize(inner)
    golden(
        s,
        "simplify_vectors",
        """
        for i.outer in 0..(n + 3)//4:
            if any_lane(ramp(i.outer*4, 1, 4) < broadcast(n, 4)):
                B[i.outer*4 : +4 if ramp(i.outer*4, 1, 4) < broadcast(n, 4)] = A[i.outer*4 : +4 if ramp(i.outer*4, 1, 4) < broadcast(n, 4)] * broadcast(2.0, 4)
        """,
    )
    for size in (1, 4, 7):
        agrees(s, {n: size})


def test_a_branch_that_must_not_be_read_is_not() -> None:
    A = te.placeholder((6,), name="A")
    B = te.compute((8,), lambda i: te.if_then_else(te.all(i > 0, i < 7), A[i - 1], 0.0), name="B")
    s = te.create_schedule(B)
    s[B].vectorize(B.op.axis[0])
    golden(
        s,
        "simplify_vectors",
        """
        B[0 : +4] = select(broadcast(1, 4) <= ramp(0, 1, 4), A[-1 : +4], broadcast(0.0, 4))
        B[4 : +4] = select(ramp(4, 1, 4) < broadcast(7, 4), A[3 : +4], broadcast(0.0, 4))
        """,
    )
    agrees(s)


def test_two_vector_indices_have_no_vector_form() -> None:
    A = te.placeholder((4, 4), name="A")
    B = te.compute((4,), lambda i: A[i, i] * 2.0, name="B")
    s = te.create_schedule(B)
    s[B].vectorize(B.op.axis[0])
    golden(
        s,
        "unroll",
        """
        unrolled i in 0..4:
            B[i] = A[i, i] * 2.0
        """,
    )
    agrees(s)


def test_places_from_memory_are_gathered() -> None:
    A = te.placeholder((5,), name="A")
    places = te.placeholder((4,), "int32", name="places")
    B = te.compute((4,), lambda i: A[te.clip(places[i], 0, 4)], name="B")
    s = te.create_schedule(B)
    s[B].vectorize(B.op.axis[0])
    golden(
        s,
        "simplify_vectors",
        """
        B[0 : +4] = A[int64(max(min(places[0 : +4], broadcast(4, 4)), broadcast(0, 4)))]
        """,
    )
    agrees(s)


def test_a_loop_of_very_many_vectors_stays_a_loop() -> None:
    B = copy(4098)
    s = te.create_schedule(B)
    s[B].vectorize(B.op.axis[0])
    golden(
        s,
        "simplify_vectors",
        """
        for i in 0..1024:
            B[i*4 : +4] = A[i*4 : +4] * broadcast(2.0, 4)
        B[4096 : +2] = A[4096 : +2] * broadcast(2.0, 2)
        """,
    )
    agrees(s)


def test_indices_of_a_masked_store_are_read_where_it_stores() -> None:
    A, index, B = (
        buffer(name, 4, kind=kind)
        for name, kind in (("A", "float32"), ("x", "int64"), ("B", "float32"))
    )
    i = var("i")
    scattered = store(B, [load(index, (i,))], load(A, (i,)))
    nest = loop(i, 4, If(i < 3, scattered), kind="vectorized")
    text = str(vectorize(Function("main", (A, index, B), (B,), (), nest), V4).body)
    assert "B[x[0 : +4 if ramp(0, 1, 4) < broadcast(3, 4)]" in text


def test_copies_of_a_statement_in_two_branches_share_its_buffer() -> None:
    A, B, tile = buffer("A", 4), buffer("B", 4), buffer("tile", 1, scope="local")
    i, k = var("i"), var("k")
    part = Allocate(tile, block(store(tile, [0], load(A, (i,))), store(B, [i], load(tile, (0,)))))
    nest = loop(i, 4, loop(k, 2, If(k < 1, part, part)), kind="vectorized")
    function = vectorize(Function("main", (A, B), (B,), (), nest), V4)
    verify(function)
    read = np.arange(4, dtype="float32")
    written = np.zeros_like(read)
    interpret(function, [read, written])
    assert (written == read).all()


def test_each_lane_computes_its_part_of_another_stage() -> None:
    A = te.placeholder((6, 5), name="A")
    k = te.reduce_axis((0, 5), name="k")
    B = te.compute((6,), lambda i: te.sum(A[i, k], axis=k), name="B")
    C = te.compute((6,), lambda i: B[i] - B[te.min(i + 1, 5)], name="C")
    for is_vectorized_too in (False, True):
        s = te.create_schedule(C)
        _, inner = s[C].split(C.op.axis[0], 4)
        s[B].compute_at(s[C], inner)
        s[C].vectorize(inner)
        if is_vectorized_too:
            s[B].vectorize(B.op.axis[0])
        agrees(s)


@pytest.mark.parametrize("extent", [3, 4, 6, 7, 12, 13, 16])
def test_wider_elements_are_read_by_powers_of_two_registers(extent: int) -> None:
    A = te.placeholder((extent,), "int32", name="A")
    B = te.compute((extent,), lambda i: A[i].astype("int8"), name="B")
    s = te.create_schedule(B)
    s[B].vectorize(B.op.axis[0])
    stmts = iter_stmts(after(s, "vectorize").body)
    lanes = [stmt.value.dtype.lanes for stmt in stmts if type(stmt) is Store]
    assert sum(lanes) == extent
    assert all(size <= 4 or size in (8, 16) for size in lanes)
    agrees(s)
