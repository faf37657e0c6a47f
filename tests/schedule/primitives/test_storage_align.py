"""storage_align: the dimensions of storage of our own."""

from __future__ import annotations

from autosched import te
from autosched.schedule import Schedule, create_schedule
from tests.schedule.nests import golden, matmul, refuses


def followed() -> tuple[Schedule, te.Tensor, te.Tensor]:
    C = matmul()
    D = te.compute((4, 6), lambda i, j: C[i, j] + 1.0, name="D")
    return create_schedule(D), C, D


def test_rows() -> None:
    s, C, _ = followed()
    s[C].storage_align(C.op.axis[0], 16, 0)
    golden(
        s,
        """
        alloc C: float32 align(i, 16, 0)
        for i in 0..4:
            for j in 0..6:
                for k in 0..8:
                    C[i, j] += A[i, k] * B[k, j]
        for i in 0..4:
            for j in 0..6:
                D[i, j] = C[i, j] + 1.0
        """,
    )


def test_a_dimension_whose_loop_was_split() -> None:
    s, C, _ = followed()
    s[C].split(C.op.axis[0], 2)
    s[C].storage_align(C.op.axis[0], 16, 3)
    assert s[C].alignments == {C.op.axis[0]: (16, 3)}


def test_what_is_no_dimension() -> None:
    s, C, _ = followed()
    _, inner = s[C].split(C.op.axis[0], 2)
    refuses(s, lambda: s[C].storage_align(inner, 16, 0), "a dimension of C", "i, j")
    refuses(s, lambda: s[C].storage_align(C.op.reduce_axis[0], 16, 0), "a dimension of C")


def test_outputs_and_twice() -> None:
    s, C, D = followed()
    refuses(s, lambda: s[D].storage_align(D.op.axis[0], 16, 0), "the output D", "cache_write")
    s[C].storage_align(C.op.axis[0], 16, 0)
    refuses(s, lambda: s[C].storage_align(C.op.axis[0], 8, 0), "not aligned yet")


def test_numbers_that_make_no_sense() -> None:
    s, C, _ = followed()
    i = C.op.axis[0]
    refuses(s, lambda: s[C].storage_align(i, 0, 0), "a positive integer as 'factor'")
    refuses(s, lambda: s[C].storage_align(i, 8, -1), "not negative as 'offset'")
    refuses(s, lambda: s[C].storage_align(i, 8, "0"), "not negative as 'offset'")
