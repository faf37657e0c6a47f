"""bind: virtual threads."""

from __future__ import annotations

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.errors import NotOfferedError
from autosched.lowering.bounds import inferred_bounds
from autosched.schedule import create_schedule
from tests.schedule.nests import golden, matmul, means_the_same, refuses, rowsum


def test_to_a_thread_axis() -> None:
    s = create_schedule(C := matmul())
    outer, _ = s[C].split(C.op.axis[0], nparts=2)
    s[C].bind(outer, te.thread_axis("cthread"))
    golden(
        s,
        """
        vthread i.outer in 0..2:
            for i.inner in 0..2:
                for j in 0..6:
                    for k in 0..8:
                        C[i, j] += A[i, k] * B[k, j]
        """,
    )
    means_the_same(s)


def test_with_a_producer_inside() -> None:
    s = create_schedule(C := matmul())
    A = s.tensors[0]
    cached = s.cache_read(A, "local", [C])
    s[C].bind(C.op.axis[0], te.thread_axis("vthread"))
    s[cached].compute_at(s[C], C.op.axis[0])
    means_the_same(s)


def test_a_reduce_axis() -> None:
    s = create_schedule(B := rowsum())
    refuses(
        s,
        lambda: s[B].bind(B.op.reduce_axis[0], te.thread_axis("vthread")),
        "the reduce axis k",
        "double_buffer",
    )


def test_a_symbolic_extent() -> None:
    s = create_schedule(B := rowsum(te.var("n")))
    refuses(s, lambda: s[B].bind(B.op.axis[0], "vthread"), "constant extent", "split")


def test_threads_of_a_gpu() -> None:
    s = create_schedule(B := rowsum())
    outer, inner = s[B].split(B.op.axis[0], 2)
    s[B].bind(outer, te.thread_axis("blockIdx.x"))
    s[B].bind(inner, te.thread_axis("threadIdx.x"))
    s[B].bind(B.op.reduce_axis[0], te.thread_axis("threadIdx.y"))
    golden(
        s,
        """
        thread i.outer in 0..2 [thread='blockIdx.x']:
            thread i.inner in 0..2 [thread='threadIdx.x']:
                thread k in 0..8 [thread='threadIdx.y']:
                    B[i] += A[i, k]
        """,
    )
    before = str(s)
    s[B].bind(inner, te.thread_axis("threadIdx.x"))
    assert str(s) == before
    refuses(s, lambda: s[B].bind(inner, "threadIdx.z"), "which is thread")
    means_the_same(s)
    with pytest.raises(NotOfferedError, match="blocks and threads of a GPU"):
        autosched.build(s, [s.tensors[0], B])
    a, b = np.arange(32, dtype="float32").reshape(4, 8), np.empty(4, "float32")
    autosched.build(s, [s.tensors[0], B], target="cpu -gpu=emulated")(a, b)
    np.testing.assert_array_equal(b, a.sum(axis=1))


def test_threads_fill_the_memory_that_they_share() -> None:
    s = create_schedule(C := matmul())
    cached = s.cache_read(s.tensors[0], "shared", [C])
    s[C].bind(C.op.axis[0], "threadIdx.x")
    s[cached].compute_at(s[C], C.op.axis[1])
    assert inferred_bounds(s)[cached.op.axis[0]].extent.value == 4
    s[cached].set_scope("local")
    assert inferred_bounds(s)[cached.op.axis[0]].extent.value == 1


def test_other_names_and_kinds() -> None:
    s = create_schedule(C := matmul())
    i, j = C.op.axis
    refuses(s, lambda: s[C].bind(i, te.thread_axis("lanes")), "a thread", "lanes")
    s[C].parallel(i)
    refuses(s, lambda: s[C].bind(i, "vthread"), "which is parallel")
    s[C].bind(j, "vthread")
    refuses(s, lambda: s[C].bind(j, "cthread"), "which is vthread")
