"""pragma: keys and values on loops."""

from __future__ import annotations

from autosched.schedule import create_schedule
from tests.schedule.nests import golden, matmul, refuses


def test_keys_with_and_without_a_value() -> None:
    s = create_schedule(C := matmul())
    s[C].pragma(C.op.axis[0], "auto_unroll_max_step", 16)
    s[C].pragma(C.op.axis[0], "unroll_explicit")
    golden(
        s,
        """
        for i in 0..4 [auto_unroll_max_step=16, unroll_explicit=None]:
            for j in 0..6:
                for k in 0..8:
                    C[i, j] += A[i, k] * B[k, j]
        """,
    )


def test_beside_an_annotation() -> None:
    s = create_schedule(C := matmul())
    s[C].parallel(C.op.axis[0])
    s[C].pragma(C.op.axis[0], "chunk", 2)
    assert "parallel i in 0..4 [chunk=2]:" in str(s)


def test_a_key_twice() -> None:
    s = create_schedule(C := matmul())
    s[C].pragma(C.op.axis[0], "chunk", 2)
    refuses(s, lambda: s[C].pragma(C.op.axis[0], "chunk", 3), "chunk again")
    s[C].pragma(C.op.axis[1], "chunk", 3)


def test_arguments_that_make_no_sense() -> None:
    s = create_schedule(C := matmul())
    i = C.op.axis[0]
    refuses(s, lambda: s[C].pragma(i, 3), "expected a name as 'key'")
    refuses(s, lambda: s[C].pragma(i, "chunk", object()), "a number, a string, a bool or None")
    refuses(s, lambda: s[C].pragma("i", "chunk"), "expected an axis of stage C")
    for value in (None, "many", -1, 2.5):
        refuses(
            s,
            lambda value=value: s[C].pragma(i, "auto_unroll_max_step", value),
            "a number of statements",
        )
    s[C].split(i, 2)
    refuses(s, lambda: s[C].pragma(i, "chunk"), "split already")
