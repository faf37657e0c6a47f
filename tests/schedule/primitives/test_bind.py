"""bind: virtual threads."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.errors import NotOfferedError
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


def test_other_names_and_kinds() -> None:
    s = create_schedule(C := matmul())
    i, j = C.op.axis
    refuses(s, lambda: s[C].bind(i, te.thread_axis("lanes")), "a virtual thread", "lanes")
    with pytest.raises(NotOfferedError, match=r"bind to blockIdx\.x"):
        s[C].bind(i, te.thread_axis("blockIdx.x"))
    s[C].parallel(i)
    refuses(s, lambda: s[C].bind(i, "vthread"), "which is parallel")
    s[C].bind(j, "vthread")
    refuses(s, lambda: s[C].bind(j, "cthread"), "which is vthread")
