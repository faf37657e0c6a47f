"""compute_inline: which stages have no loops of their own."""

from __future__ import annotations

from autosched import te
from autosched.schedule import create_schedule
from tests.schedule.nests import chain, golden, matmul, refuses


def test_an_elementwise_stage() -> None:
    s = create_schedule(chain())
    s[s.stages[1]].compute_inline()
    golden(
        s,
        """
        # B is inlined
        for i in 0..8:
            C[i] = B[i] * 2.0
        """,
    )


def test_a_stage_whose_loops_were_changed() -> None:
    s = create_schedule(chain())
    B = s.stages[1]
    B.split(B.op.axis[0], 2)
    B.compute_inline()
    assert "# B is inlined" in str(s)


def test_outputs_inputs_and_reductions() -> None:
    C = matmul()
    D = te.compute((4, 6), lambda i, j: C[i, j] + 1.0, name="D")
    s = create_schedule(D)
    refuses(s, lambda: s[D].compute_inline(), "no output to inline, got D")
    refuses(s, lambda: s[C].compute_inline(), "without a reduction", "compute_at")
    refuses(s, lambda: s[s.stages[0]].compute_inline(), "A, which is an input")


def test_a_stage_of_two_values() -> None:
    A = te.placeholder((8,), name="A")
    B0, B1 = te.compute((8,), lambda i: (A[i], A[i] * 2.0), name="B")
    C = te.compute((8,), lambda i: B0[i] + B1[i], name="C")
    s = create_schedule(C)
    refuses(s, lambda: s[B0].compute_inline(), "a stage of one value", "has 2")


def test_a_stage_in_which_another_is_computed() -> None:
    C = chain()
    D = te.compute((8,), lambda i: C[i] - 1.0, name="D")
    s = create_schedule(D)
    s[s.stages[1]].compute_at(s[C], C.op.axis[0])
    refuses(s, lambda: s[C].compute_inline(), "in which B is computed", "move B first")
