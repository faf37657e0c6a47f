"""set_scope: the memory of stages that are not the caller's."""

from __future__ import annotations

from autosched.schedule import create_schedule
from tests.schedule.nests import chain, golden, refuses


def test_a_stage_between() -> None:
    s = create_schedule(chain())
    s[s.stages[1]].set_scope("local")
    golden(
        s,
        """
        alloc B: float32 local
        for i in 0..8:
            B[i] = A[i] + 1.0
        for i in 0..8:
            C[i] = B[i] * 2.0
        """,
    )


def test_a_scope_of_a_target() -> None:
    s = create_schedule(chain())
    s[s.stages[1]].set_scope("vta.acc_buffer")
    assert s.stages[1].scope == "vta.acc_buffer"


def test_outputs_and_inputs() -> None:
    s = create_schedule(C := chain())
    refuses(s, lambda: s[C].set_scope("local"), "scope global for the output C", "cache_write")
    refuses(s, lambda: s[s.stages[0]].set_scope("local"), "A, which is an input")
    s[C].set_scope("global")


def test_scopes_that_make_no_sense() -> None:
    s = create_schedule(chain())
    for scope in ("", "two words", 3, None):
        refuses(s, lambda scope=scope: s[s.stages[1]].set_scope(scope), "expected a name")
